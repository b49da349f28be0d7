"""What people do in the town, as Teams' client lets them, and what the client makes of the bot's answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.connector import cards, payloads, published
from tests.fakes.connector.cast import Human, Room
from tests.fakes.connector.line import Answer, Line
from tests.fakes.connector.problems import Refused
from tests.fakes.connector.state import CARD_TYPE, Message, State

WRONG = "Something went wrong. Please try again."
Inputs = Mapping[str, str]


@dataclass(frozen=True)
class Dialog:
    """A task module in front of somebody: a card, or a notice."""

    title: str
    card: dict[str, Any] | None
    notice: str
    room: Room
    about: payloads.Activity | None = None  # the message on which an action was chosen, as its payload has it

    @property
    def words(self) -> str:
        return cards.read(self.card) or self.notice


class Hands:
    """The hands of everybody. `dialogs` are what people have open, by their id; `strips` every line that was shown to
    somebody under a card, also those that are gone since the card was updated."""

    def __init__(self, state: State, line: Line, desk: payloads.Desk, patience: float) -> None:
        self._state, self._line, self._desk, self._patience = state, line, desk, patience
        self.dialogs: dict[str, Dialog] = {}
        self.strips: list[tuple[str, str]] = []

    def activity(self, kind: str, who: Human, room: Room, thread: str | None = None) -> payloads.Activity:
        """What an activity of somebody in a room begins with. Raises Refused if they cannot be there."""
        self._in(who, room)
        return self._desk.activity(kind, self._state.new_id(), who, room, self._state.now(), thread)

    def _in(self, who: Human, room: Room) -> None:
        if who.id not in self._state.people:
            raise Refused(f"{who.name} has no account any more.")
        if who.handle not in room.members:
            raise Refused(f"{who.name} is not in {room.name or 'this chat'}.")

    async def say(self, who: Human, room: Room, text: str, thread: str | None, *, mention: bool) -> Answer | None:
        """Words in a room, or in a thread of it. A bot that is not mentioned in a channel or group hears nothing."""
        at = f"{room.id};messageid={thread}" if thread and room.kind == "channel" else room.id
        self._in(who, room)
        sent = self._state.add(at, who.id, {"type": "message", "text": text})
        if room.id not in self._state.installed or (room.kind != "personal" and not mention):
            return None
        where = self.activity("message", who, room, thread or sent.id) | {"id": sent.id}
        named = [each for each in self._state.members(room) if f"@{each.name}" in text]
        return await self._line.deliver(self._desk.message(where, text, named, mention=room.kind != "personal" and mention))

    async def press(
        self, who: Human, message: Message, title: str, given: Inputs, *, old_client: bool
    ) -> Answer:  # fmt: skip
        """A button of a card, with what was typed beside it."""
        card = self.card(message, who)
        if card is None:
            raise Refused("There is no card.")
        action = cards.button(card, title)
        if action["type"] == "Action.Execute" and old_client:
            action = action.get("fallback") or {}
        inputs = cards.filled(card, action, given)
        if action.get("type") == "Action.Execute":
            return await self._execute(who, message, action, inputs, "manual")
        if action.get("type") != "Action.Submit":
            raise Refused(f"{title!r} sends nothing.")
        if (action.get("data") or {}).get("msteams", {}).get("type") == "task/fetch":
            return await self._open(who, message, action, inputs)
        activity = self._about("message", who, message) | {"replyToId": message.id}
        return await self._line.deliver(activity | {"value": payloads.submitted(action, inputs)})

    async def hand(self, who: Human, message: Message) -> Answer:
        """The app's action on a message, wherever that is."""
        room = self._state.rooms[message.room]
        about = payloads.about(message.id, message.root, message.text, self._state.people.get(message.sender))
        activity = self.activity("invoke", who, room, message.root or message.id)
        answer = await self._line.deliver(payloads.invoke(activity, "composeExtension/fetchTask", about))
        self._opened(who, room, answer, about)
        return answer

    async def refresh(self, who: Human, message: Message) -> Answer | None:
        """What the client asks when it shows a card that wants to be refreshed for this person; None if it does not."""
        wanted = (message.own_card or {}).get("refresh")
        if not wanted:
            return None
        named = wanted.get("userIds")
        room = self._state.rooms[message.room]
        if named is not None and (len(named) > published.REFRESHED or who.id not in named):
            return None
        if named is None and len(room.members) > published.REFRESHED:
            return None
        return await self._execute(who, message, wanted["action"], {}, "automatic")

    async def submit(self, who: Human, given: Inputs, title: str | None) -> Answer:
        """The form of the open dialog."""
        dialog = self.dialogs.get(who.id)
        if dialog is None or dialog.card is None:
            raise Refused(f"{who.name} has no form in front of them.")
        titles = [each["title"] for each in cards.pieces(dialog.card) if each["type"] == "Action.Submit"]
        if title is None and len(titles) != 1:
            raise Refused(f"Which button? There are {titles}.")
        action = cards.button(dialog.card, title or titles[0])
        value = payloads.task(action, cards.filled(dialog.card, action, given)) | (dialog.about or {})
        name = "composeExtension/submitAction" if dialog.about else "task/submit"
        answer = await self._line.deliver(payloads.invoke(self.activity("invoke", who, dialog.room), name, value))
        self._opened(who, dialog.room, answer, dialog.about)
        return answer

    def card(self, message: Message, who: Human | None) -> dict[str, Any] | None:
        """The card as somebody sees it."""
        return message.views.get(who.id if who else "", message.own_card)

    async def _open(self, who: Human, message: Message, action: Mapping[str, Any], inputs: Inputs) -> Answer:
        value = payloads.task(action, inputs)
        answer = await self._line.deliver(
            payloads.invoke(self._about("invoke", who, message), "task/fetch", value, message.id)
        )
        self._opened(who, self._state.rooms[message.room], answer)
        return answer

    def _opened(self, who: Human, room: Room, answer: Answer, about: payloads.Activity | None = None) -> None:
        """Show what the bot answered to a task. An answer without a task closes the dialog."""
        if answer.status != 200 or answer.seconds > self._patience:
            self.dialogs[who.id] = Dialog("", None, WRONG, room, about)
            return
        task = (answer.body or {}).get("task")
        if not task:
            self.dialogs.pop(who.id, None)
        elif task["type"] == "message":
            self.dialogs[who.id] = Dialog("", None, str(task["value"]), room, about)
        else:
            shown = task["value"]
            assert shown["card"]["contentType"] == CARD_TYPE, shown
            cards.check(shown["card"]["content"])
            self.dialogs[who.id] = Dialog(str(shown.get("title", "")), shown["card"]["content"], "", room, about)

    async def _execute(
        self, who: Human, message: Message, action: Mapping[str, Any], inputs: Mapping[str, Any], trigger: str
    ) -> Answer:
        value = payloads.executed(action, inputs, trigger)
        activity = payloads.invoke(self._about("invoke", who, message), "adaptiveCard/action", value, message.id)
        answer = await self._line.deliver(activity)
        self._executed(who, message, answer)
        return answer

    def _executed(self, who: Human, message: Message, answer: Answer) -> None:
        """Show what the bot answered to an Action.Execute: a card for this person, or a line under it."""
        body = answer.body if isinstance(answer.body, dict) else {}
        match body.get("type") if answer.status == 200 and answer.seconds <= self._patience else None:
            case "application/vnd.microsoft.card.adaptive":
                cards.check(body["value"])
                message.views[who.id] = body["value"]
                message.strips.pop(who.id, None)
            case "application/vnd.microsoft.activity.message":
                self._strip(who, message, str(body["value"]))
            case "application/vnd.microsoft.error":
                self._strip(who, message, str(body["value"]["message"]))
            case _:
                self._strip(who, message, WRONG)

    def _strip(self, who: Human, message: Message, text: str) -> None:
        message.strips[who.id] = text
        self.strips.append((who.id, text))

    def _about(self, kind: str, who: Human, message: Message) -> payloads.Activity:
        """An activity in the thread of a message."""
        if message.to not in (None, who.id):
            raise Refused(f"{who.name} does not see that message.")
        return self.activity(kind, who, self._state.rooms[message.room], message.root or message.id)
