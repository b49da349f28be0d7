"""The state of the workspace: people, channels and messages. It does no I/O and knows nothing of HTTP."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.people import Channel, Person, Seed, UserGroup

Blocks = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Message:
    """A message. `to` is set on an ephemeral one and names the only person who sees it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: Blocks = ()
    bot: bool = False
    thread_ts: str | None = None
    to: str | None = None
    broadcast: bool = False
    edited: str | None = None
    metadata: Mapping[str, Any] | None = None
    attachments: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """A reply in a thread, not its first message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class Mark:
    """What the client shows beside a message to one person while and after a click: waiting, or a warning."""

    pending: bool = False
    warning: str | None = None


class Workspace:
    """People, channels, groups and messages, with Slack's own refusals.

    `now` gives the time messages are stamped with. `listeners` are called, without arguments, after each change.
    """

    def __init__(self, seed: Seed, now: Callable[[], datetime]) -> None:
        self.seed = seed
        self.now = now
        self.bot = seed.installation.bot
        self.people: dict[str, Person] = {each.id: each for each in (*seed.people, self.bot)}
        self.groups: dict[str, UserGroup] = {each.id: each for each in seed.groups}
        self.channels: dict[str, Channel] = {each.id: each for each in seed.channels}
        self.marks: dict[tuple[str, str, str], Mark] = {}
        self.listeners: list[Callable[[], None]] = []
        self._messages: dict[str, dict[str, Message]] = {}
        self._numbers = count(1)
        self._last_stamp = 0

    def changed(self) -> None:
        """Tell the listeners that something changed."""
        for listener in tuple(self.listeners):
            listener()

    def new_id(self, prefix: str) -> str:
        """An id nothing else has, such as `V0000012`."""
        return f"{prefix}{next(self._numbers):07d}"

    def new_ts(self) -> str:
        """A message timestamp, later than every other one."""
        stamp = max(int(self.now().timestamp() * 1_000_000), self._last_stamp + 1)
        self._last_stamp = stamp
        return f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"

    def person(self, person_id: str) -> Person:
        """The person of that id; `user_not_found` when there is none."""
        if person_id not in self.people:
            raise SlackError("user_not_found")
        return self.people[person_id]

    def replace_person(self, person: Person) -> None:
        """Change who somebody is: gone, a guest, renamed."""
        self.people[person.id] = person
        self.changed()

    def replace_group(self, group: UserGroup) -> None:
        """Change a user group."""
        self.groups[group.id] = group
        self.changed()

    def replace_channel(self, channel: Channel) -> None:
        """Change a channel: its members, its name, whether it is archived."""
        self.channels[channel.id] = channel
        self.changed()

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with everything said in it."""
        self.channels.pop(channel.id, None)
        self._messages.pop(channel.id, None)
        self.changed()

    def channel(self, reference: str) -> Channel:
        """The channel of an id as the bot sees it; a private one it is not in does not exist for it."""
        channel = self.channels.get(reference)
        if channel is None or (channel.is_private and self.bot.id not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def channel_for_post(self, reference: str, *, to_any_public: bool = False) -> Channel:
        """Where a message to an id, a `#name` or a person goes, when the bot may write there.

        `to_any_public` lets it write in public channels it is not in (the scope `chat:write.public`).
        """
        if reference in self.people:
            return self.im(reference)
        named = [each.id for each in self.channels.values() if each.name == reference.lstrip("#") and not each.im_with]
        channel = self.channel(named[0] if named and reference not in self.channels else reference)
        if channel.is_archived:
            raise SlackError("is_archived")
        if self.bot.id not in channel.members and (channel.is_private or not to_any_public):
            raise SlackError("not_in_channel")
        return channel

    def im(self, person_id: str) -> Channel:
        """The direct messages of a person with the bot, opened when there are none yet."""
        person = self.person(person_id)
        if person.deleted or person.is_bot:
            raise SlackError("cannot_dm_bot" if person.is_bot else "user_disabled")
        for channel in self.channels.values():
            if channel.im_with == person_id:
                return channel
        channel = Channel(f"D{person_id[1:]}", "", members=(person_id, self.bot.id), im_with=person_id)
        self.replace_channel(channel)
        return channel

    def add(self, message: Message) -> Message:
        """Keep a new message."""
        self._messages.setdefault(message.channel, {})[message.ts] = message
        self.changed()
        return message

    def message(self, channel: str, ts: str) -> Message:
        """A message everybody sees; `message_not_found` otherwise, as for ephemeral ones."""
        message = self.find(channel, ts)
        if message is None or message.to is not None:
            raise SlackError("message_not_found")
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        """Any message, ephemeral ones too."""
        return self._messages.get(channel, {}).get(ts)

    def change(self, message: Message, **fields: Any) -> Message:
        """Put a changed copy of a message in its place."""
        return self.add(replace(message, **fields))

    def remove(self, message: Message) -> None:
        """Forget a message."""
        self._messages.get(message.channel, {}).pop(message.ts, None)
        self.changed()

    def messages(self, channel: str) -> tuple[Message, ...]:
        """Everything ever said in a channel and its threads, oldest first, ephemeral messages included."""
        return tuple(self._messages.get(channel, {}).values())

    def replies(self, channel: str, ts: str) -> tuple[Message, ...]:
        """The replies everybody sees in the thread under `ts`, oldest first."""
        return tuple(each for each in self.messages(channel) if each.thread_ts == ts and each.ts != ts and each.to is None)

    def channels_of(self, person_id: str) -> Iterator[Channel]:
        """The channels a person can see: their own and, unless they are a guest, the public ones."""
        is_guest = self.person(person_id).is_guest
        for channel in self.channels.values():
            if person_id in channel.members or not (is_guest or channel.is_private or channel.im_with):
                yield channel

    def mark(self, person: str, message: Message, mark: Mark | None) -> None:
        """Show a person that their click is on its way, or that it went wrong; None shows nothing."""
        key = (person, message.channel, message.ts)
        if mark is None:
            self.marks.pop(key, None)
        else:
            self.marks[key] = mark
        self.changed()
