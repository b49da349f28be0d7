"""Trouble on demand: the next calls of a kind fail in one way."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """A call of a kind (`POST activities`, or `POST` for any) answers `status`, or its connection breaks before or after it
    was carried out, or nothing ever comes."""

    kind: str
    status: int = 0
    code: str = "ServiceError"
    retry_after: int | None = None
    drop: Literal["before", "after"] | None = None
    hang: bool = False


class Faults:
    """The faults that wait for their call, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault, times: int) -> None:
        self._waiting += [fault] * times

    def take(self, kind: str) -> Fault | None:
        """The fault that hits a call of this kind."""
        for fault in self._waiting:
            if fault.kind in (kind, kind.split(" ", maxsplit=1)[0]):
                self._waiting.remove(fault)
                return fault
        return None
