"""What the town remembers: rooms, who is in them, and messages as each person sees them. No I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from tests.fakes.connector import problems
from tests.fakes.connector.cast import PEOPLE, ROOMS, Human, Room, personal

Card = dict[str, Any]
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


@dataclass
class Message:
    """A message. `root` is the first one of its thread in a channel; `to` is the only person who sees a targeted one.

    `views` are the cards that Teams shows to some people instead of the message's own: what an invoke answered to them.
    """

    id: str
    room: str
    sender: str
    activity: dict[str, Any]
    root: str | None = None
    to: str | None = None
    deleted: bool = False
    edits: int = 0
    views: dict[str, Card] = field(default_factory=dict)
    strips: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.activity.get("text") or "")

    @property
    def own_card(self) -> Card | None:
        """The card that everybody sees."""
        found = (each for each in self.activity.get("attachments") or () if each.get("contentType") == CARD_TYPE)
        return next((each["content"] for each in found), None)


def split(conversation: str) -> tuple[str, str | None]:
    """A conversation id as room and the id of the message whose thread it is."""
    room, _, thread = conversation.partition(";messageid=")
    return room, thread or None


class State:
    """`now` stamps messages."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.people: dict[str, Human] = {each.id: each for each in PEOPLE}
        self.rooms: dict[str, Room] = {each.id: each for each in ROOMS}
        self.installed: set[str] = set(self.rooms)
        self.blocked: set[str] = set()
        self.log: list[Message] = []
        self._ids = count(int(now().timestamp() * 1000))

    def new_id(self) -> str:
        """The id of a message: milliseconds, later than every other."""
        return str(next(self._ids))

    def person(self, reference: str) -> Human | None:
        """Somebody by id, directory id or address."""
        wanted = reference.casefold()
        return next((each for each in self.people.values() if wanted in (each.id, each.aad, each.email)), None)

    def members(self, room: Room) -> list[Human]:
        return [each for each in self.people.values() if each.handle in room.members]

    def personal(self, who: Human) -> Room:
        """Somebody's chat with the bot, made when it is first needed."""
        room = Room(personal(who), "", "personal", (who.handle,))
        if room.id not in self.rooms:
            self.rooms[room.id] = room
            self.installed.add(room.id)
        return self.rooms[room.id]

    def leave(self, who: Human) -> None:
        """Somebody's account is gone: they are in no room any more."""
        for room in list(self.rooms.values()):
            self.rooms[room.id] = replace(room, members=tuple(each for each in room.members if each != who.handle))
        self.people.pop(who.id, None)

    def reachable(self, conversation: str) -> Room:
        """The room of a conversation id as the bot may use it. Raises Problem."""
        name, _ = split(conversation)
        room = self.rooms.get(name)
        if room is None:
            raise problems.no_conversation()
        if room.id not in self.installed:
            raise problems.not_in_roster()
        if room.kind == "personal" and self.blocked & {each.id for each in self.members(room)}:
            raise problems.blocked()
        return room

    def add(self, conversation: str, sender: str, activity: dict[str, Any], to: str | None = None) -> Message:
        room, thread = split(conversation)
        made = Message(self.new_id(), room, sender, activity, thread, to)
        self.log.append(made)
        return made

    def find(self, conversation: str, activity_id: str) -> Message:
        """A message that is there. Raises Problem."""
        room, _ = split(conversation)
        found = next((each for each in self.log if (each.room, each.id) == (room, activity_id)), None)
        if found is None or found.deleted:
            raise problems.no_activity()
        return found

    def shown(self, room: str) -> Iterator[Message]:
        """What is there to see in a room."""
        return (each for each in self.log if each.room == room and not each.deleted)
