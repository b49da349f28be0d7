"""The policy that is in force while the program runs."""

from dataclasses import dataclass
from pathlib import Path

from policies.file import Known, load
from policies.problems import PolicyError
from policies.rules import Policy

_Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Reloaded:
    """A new policy is in force in place of `previous`."""

    previous: Policy
    policy: Policy


@dataclass(frozen=True)
class Kept:
    """The changed file cannot be used, so the policy stays as it was. `error` says why."""

    error: PolicyError


class CurrentPolicy:
    """Holds the policy of one file and takes over what changes in it. A broken file changes nothing."""

    def __init__(self, path: Path, known: Known) -> None:
        """Load the file. `known` are the actions that it may mention. Raises `PolicyError`."""
        self._path, self._known = path, known
        self._stamp = self._look()
        self._policy = load(path, known)
        self._broken = False

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    def refresh(self) -> Reloaded | Kept | None:
        """Take over a changed file. Never raises; None where there is no news, so each change is reported once.

        Cheap while the file stays the same; reading a changed one takes milliseconds, or seconds for one near the limit
        of 1 MiB, so call it from a thread.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            loaded = load(self._path, self._known)
        except PolicyError as error:
            self._broken = True
            return Kept(error)
        previous, self._policy = self._policy, loaded
        news = self._broken or previous.version != loaded.version
        self._broken = False
        return Reloaded(previous, loaded) if news else None

    def _look(self) -> _Stamp:
        """What changes when the file does; None while there is no such file."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
