"""The policy that is in force while the program runs."""

from dataclasses import dataclass
from pathlib import Path

from policies.file import Known, policy_of
from policies.problems import PolicyError
from policies.rules import Policy
from policies.sources import gather


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
    """Holds the policy of a file and all that it includes, and takes over what changes. A broken file changes nothing."""

    def __init__(self, path: Path, known: Known) -> None:
        """Load the file. `known` are the actions that it may mention. Raises `PolicyError`."""
        self._path, self._known = path, known
        self._sources = gather(path)
        self._policy = policy_of(self._sources, known)
        self._broken = False

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    def refresh(self) -> Reloaded | Kept | None:
        """Take over changed files. Never raises; None where there is no news, so each change is reported once.

        Cheap while the files stay the same; reading a changed one takes milliseconds, or seconds for one near the limit
        of 1 MiB, so call it from a thread.
        """
        if not self._sources.changed():
            return None
        self._sources = gather(self._path)
        try:
            loaded = policy_of(self._sources, self._known)
        except PolicyError as error:
            self._broken = True
            return Kept(error)
        previous, self._policy = self._policy, loaded
        news = self._broken or previous.version != loaded.version
        self._broken = False
        return Reloaded(previous, loaded) if news else None
