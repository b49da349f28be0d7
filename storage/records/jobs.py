"""Jobs, the hints to look."""

from datetime import datetime
from typing import Self

from pydantic import model_validator

from storage.records.base import JsonObject, Record


class Job(Record):
    """A hint to look, deferred in the transaction that gave cause for it.

    Jobs with the same `lock` run one after the other in the order in which they were deferred; while a job with a `key`
    still waits, a second one with that key is not added. A job with a `lock` has no `due` time, because it would hold up
    all that are deferred behind it until then.
    """

    task: str
    payload: JsonObject
    lock: str | None = None
    key: str | None = None
    due: datetime | None = None

    @model_validator(mode="after")
    def _holds_nobody_up(self) -> Self:
        if self.lock is not None and self.due is not None:
            raise ValueError("A job with a lock cannot have a due time: it would hold up the jobs behind it.")
        return self
