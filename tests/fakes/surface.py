"""A chat platform in memory: it keeps what was posted, and knows the people it was told about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.cards.card import Card, View
from bot.cards.text import Text, plain
from bot.flow.surface import ChannelGone, Known, MessageGone, Posted, Standing, SurfaceBusy, SurfaceError
from storage.records import JsonObject, Person, Place


def person(user: str, *, email: str | None = None) -> Person:
    """Somebody of the fake workspace."""
    return Person(key=f"slack:T1:{user}", name=user.title(), email=email or f"{user}@example.com")


@dataclass
class FakeSurface:
    """Implements `bot.flow.surface.Surface`. A message whose views were cleared is one that somebody deleted."""

    name: str = "slack"
    standings: dict[str, Standing] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    views: dict[int, list[View]] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    replies: list[tuple[Place, str]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    remembered: dict[str, frozenset[str]] = field(default_factory=dict)  # groups as they were up to a minute ago
    archived: set[str] = field(default_factory=set)
    busy: int = 0

    def fail_next(self, times: int = 1) -> None:
        """Have the next calls answered with "wait"."""
        self.busy = times

    def cards(self) -> list[Card]:
        """What each posted card shows now, oldest first."""
        return [shown[-1] for shown in self.views.values() if shown and isinstance(shown[-1], Card)]

    async def tenant(self) -> str:
        return "T1"

    async def posted(self, place: Place, view: View, since: datetime) -> Posted | None:
        return None

    async def post(self, place: Place, view: View) -> Posted:
        self._wait()
        if place.channel in self.archived:
            raise SurfaceError(f"#{place.channel} is archived.")
        number = len(self.views) + 1
        self.views[number], self.places[number] = [view], place
        thread = place.thread or str(number)
        return Posted({"number": number}, place.model_copy(update={"thread": thread}))

    async def update(self, address: JsonObject, view: View) -> None:
        self._wait()
        number = address["number"]
        if not isinstance(number, int) or not self.views.get(number):
            raise MessageGone("The message was deleted.")
        if self.places[number].channel in self.archived:
            raise MessageGone("The channel is archived.")
        self.views[number].append(view)

    async def reply(self, place: Place, text: Text) -> None:
        self._wait()
        if place.channel in self.archived:
            raise ChannelGone(f"#{place.channel} is archived.")
        self.replies.append((place, plain(text)))

    async def tell(self, person: Person, place: Place | None, text: Text) -> None:
        self.told.append((person.key, plain(text)))

    async def reaches(self, place: Place) -> bool:
        self._wait()
        return place.channel not in self.archived

    async def person(self, key: str) -> Known:
        self._wait()
        user = key.rsplit(":", 1)[1]
        zone = self.zones.get(user, "UTC")
        return Known(person(user, email=self.emails.get(user)), self.standings.get(user, "member"), zone)

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        now = self.groups.get(group, frozenset())
        return now if fresh else self.remembered.get(group, now)

    async def find(self, written: str) -> frozenset[str]:
        """Everybody is there under their user id; `@sam` is two people, `@nobody` none."""
        user = written.removeprefix("@").partition("@")[0].casefold()
        users = {"sam": ("sam1", "sam2"), "nobody": ()}.get(user, (user,))
        return frozenset(person(each).key for each in users)

    def _wait(self) -> None:
        if self.busy > 0:
            self.busy -= 1
            raise SurfaceBusy(timedelta(0), "asked to wait")
