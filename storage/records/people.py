"""People, where they are met, and who stands in for whom."""

from datetime import datetime

from storage.records.base import Record


class Person(Record):
    """Somebody who asks or decides. `key` is `surface:tenant:user`, for example `slack:T024BE7LD:U0MIA`."""

    key: str
    name: str
    email: str | None = None

    @property
    def surface(self) -> str:
        """The surface this identity belongs to, for example `slack`."""
        return self.key.split(":", 2)[0]

    @property
    def tenant(self) -> str:
        """The workspace or tenant this identity belongs to."""
        return self.key.split(":", 2)[1]

    @property
    def user(self) -> str:
        """The surface's own id of the user."""
        return self.key.split(":", 2)[2]


class Place(Record):
    """Where on a surface something is said: a channel and, within it, a thread."""

    surface: str
    tenant: str
    channel: str
    thread: str | None = None

    @property
    def where(self) -> tuple[str, str, str]:
        """Surface, tenant and channel: the place whatever the thread."""
        return self.surface, self.tenant, self.channel


class Delegation(Record):
    """One reviewer lets somebody else decide in their place for a while."""

    id: str
    giver: Person
    taker: Person
    created_at: datetime
    until: datetime
    ended_at: datetime | None = None  # when it was taken back


class Identity(Record):
    """One account of a human who has several: accounts with the same `human` count as one person."""

    person: Person
    human: str
    created_at: datetime
