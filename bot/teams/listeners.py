"""Turns what people do in Teams into intents for the desk. Commit, then answer.

A button or a dialog names one *verb*. It comes to the same end in whichever way it arrives: as an action of a card, in a
dialog, or as a message from a client that knows neither; only how the end is shown differs. Where the desk needs longer than
we may let Teams wait, nothing is acknowledged, and the person is told the result as soon as there is one. No listener
decides anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_args

from bot.cards.said import STALE, TOO_SLOW
from bot.cards.text import plain
from bot.flow.binding import UNREAD, BadBinding, Binding, Purpose, Stamp
from bot.flow.desk import Answer, Asked, Click, Desk
from bot.flow.pace import Pace
from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.teams.answers import End, in_dialog, on_card, sentence
from bot.teams.directory import Mentions, mentions
from bot.teams.ingress import Late
from bot.teams.payloads import (
    Body,
    aside_of,
    channel_of,
    command_of,
    delivery_of,
    mapping,
    mentioned_in,
    message_of,
    person_of,
    place_of,
    spot_of,
    stamp_of,
    team_of,
    zone_of,
)
from bot.teams.render_ask import ask_dialog, asked_in
from bot.teams.render_card import render_card
from bot.teams.render_form import form_dialog, said_dialog, values_of
from bot.teams.render_pages import first_page, page_dialog
from bot.teams.surface import TeamsSurface
from bot.teams.turns import Reply
from storage.records import JsonObject, Place

log = logging.getLogger(__name__)

T = TypeVar("T")
Data = Mapping[str, Any]

GONE_CHANNELS: Final = frozenset({"channelDeleted"})
GONE_TEAMS: Final = frozenset({"teamArchived", "teamDeleted", "teamHardDeleted"})
REFRESH: Final = "refresh"
ON_MESSAGES: Final[Mapping[Any, Literal["ask", "asked"]]] = {
    "composeExtension/fetchTask": "ask", "composeExtension/submitAction": "asked",
}  # fmt: skip
TELLS: Final = 4  # tries to tell somebody an answer
TELL_WAITS: Final = 10.0  # seconds at most between two of them
PURPOSES: Final[Mapping[str, Purpose]] = {purpose: purpose for purpose in get_args(Purpose)} | {REFRESH: "read"}


@dataclass(frozen=True)
class Press:
    """A button that somebody pressed, or a form that they sent. `dialog` is False where Teams shows the end in the card."""

    body: Body
    verb: str
    data: Data
    stamp: Stamp
    seen: Binding
    dialog: bool

    @property
    def click(self) -> Click:
        """The same for the desk; a turn of the page means nothing by `whole`, and decides nothing."""
        seen, whole = self.seen, self.seen.page != UNREAD
        return Click(
            seen.request_id, seen.revision, seen.fingerprint, person_of(self.body), delivery_of(self.body), whole
        )  # fmt: skip


class Counter:
    """Implements `bot.teams.turns.Listeners`: one side faces Teams' activities, the other the desk."""

    def __init__(self, desk: Desk, surface: TeamsSurface, pace: Pace) -> None:
        self._desk, self._surface, self._pace = desk, surface, pace

    async def message(self, body: Body) -> None:
        """`@Signoff …`, or a button where a message is all that a client can send."""
        self._heard(body)
        if isinstance(body.get("value"), Mapping):
            await self._show(body, await self._guarded(self._act(body, body["value"], dialog=True)))
        elif not isinstance(body.get("text"), str):
            return
        else:
            await self._show(body, await self._guarded(self._done(body, self._desk.command(command_of(body)))))

    async def invoke(self, body: Body) -> Reply:
        """An action of a card, a dialog, or an action on a message."""
        value, name = mapping(body, "value"), body.get("name")
        if name in ON_MESSAGES:
            return Reply(200, in_dialog(await self._guarded(self._on_message(body, ON_MESSAGES[name]))))
        self._heard(body)
        match name:
            case "adaptiveCard/action":
                data = mapping(mapping(value, "action"), "data")
                return Reply(200, on_card(await self._guarded(self._act(body, data, dialog=False))))
            case "task/fetch" | "task/submit":
                return Reply(200, in_dialog(await self._guarded(self._act(body, mapping(value, "data"), dialog=True))))
            case _:
                return Reply(501)

    async def added(self, body: Body) -> None:
        """Remember where Signoff can speak."""
        self._pace.later(self._surface.conversations.keep(body))

    async def removed(self, body: Body) -> None:
        """Signoff was removed from a team, a chat or a person."""
        place, team = place_of(body), team_of(body)
        rooms = await self._surface.conversations.of_team(place.tenant, team) if team else []
        for each in dict.fromkeys([place.model_copy(update={"thread": None}), *rooms]):
            await self._lose(each)

    async def event(self, body: Body, what: str) -> None:
        """A channel or a team is no more."""
        if what in GONE_CHANNELS and (channel := channel_of(body)):
            await self._lose(place_of(body).model_copy(update={"channel": channel, "thread": None}))
        elif what in GONE_TEAMS:
            await self.removed(body)

    def _heard(self, body: Body) -> None:
        """Remember where people are, so that they can be looked up and spoken to. Raises BadActivity if nobody acted."""
        account = str(mapping(body, "from").get("id"))
        self._surface.directory.met(person_of(body).key, account, spot_of(body), zone_of(body))
        mentions.set(Mentions(spot_of(body), mentioned_in(body)))
        self._pace.later(self._surface.conversations.keep(body))

    async def _lose(self, place: Place) -> None:
        """If what waits there cannot be given up now, its address is kept: the flow asks there itself before long."""
        if await self._desk.lost(place):
            await self._surface.conversations.forget(place)

    async def _act(self, body: Body, data: Data, *, dialog: bool) -> End:
        """What comes of a button or a form. Raises BadBinding, Late, TooLongToEdit."""
        stamp, verb = stamp_of(body, self._surface.seals), str(data.get("verb"))
        if verb not in PURPOSES:
            raise BadBinding(f"There is no verb {verb!r}.")
        press = Press(body, verb, data, stamp, stamp.read(data.get("binding"), PURPOSES[verb]), dialog)
        match verb:
            case "approve" | "approve_read":
                return await self._done(body, self._desk.approve(press.click))
            case "edit" | "reject":
                return await self._form(press, verb)
            case "edit_form":
                values = values_of(data)
                return await self._sent(press, "edit", values, self._desk.edit(press.click, values))
            case "reject_form":
                values = values_of(data)
                return await self._sent(press, "reject", values, self._desk.reject(press.click, values))
            case _:
                return await self._read(press)

    async def _on_message(self, body: Body, step: Literal["ask", "asked"]) -> End:
        """An action on a message, which may stand where Signoff is not: what is heard there is no place to speak."""
        reached = await self._surface.reaches(place_of(body))
        if reached:
            self._heard(body)
        if step == "ask":
            return await self._ask(body, reached=reached)
        return await self._asked(body, mapping(mapping(body, "value"), "data"))

    async def _ask(self, body: Body, *, reached: bool) -> End:
        """Ask an agent: the form."""
        form = await self._opened(self._desk.ask_form(message_of(body, reached=reached), person_of(body)))
        return form if isinstance(form, Answer) else ask_dialog(form, stamp_of(body, self._surface.seals))

    async def _asked(self, body: Body, data: Data) -> End:
        """What comes of that form; the person is told beside the message."""
        stamp, values = stamp_of(body, self._surface.seals), values_of(data)
        message = asked_in(data, stamp)
        answer = await self._done(body, self._desk.ask(Asked(message, person_of(body), delivery_of(body)), values))
        if answer.ok:
            self._pace.later(self._show(body, answer))
        if answer.ok or not answer.errors:
            return answer
        form = await self._opened(self._desk.ask_form(message, person_of(body)))
        return form if isinstance(form, Answer) else ask_dialog(form, stamp, typed=values, errors=answer.errors)

    async def _form(self, press: Press, purpose: Literal["edit", "reject"]) -> End:
        """The form, in a dialog or in place of the card."""
        form = await self._opened(self._desk.form(press.click, purpose))
        if isinstance(form, Answer):
            return form
        return form_dialog(form, press.stamp, press.seen.page, dialog=press.dialog)

    async def _sent(
        self, press: Press, purpose: Literal["edit", "reject"], values: JsonObject, asked: Coroutine[Any, Any, Answer]
    ) -> End:
        """What comes of a form; if something in it is wrong, the form once more with that at its inputs."""
        answer = await self._done(press.body, asked)
        if answer.ok or not answer.errors:
            return answer
        form = await self._opened(self._desk.form(press.click, purpose))
        if isinstance(form, Answer):
            return form
        page, dialog = press.seen.page, press.dialog
        return form_dialog(form, press.stamp, page, typed=values, errors=answer.errors, dialog=dialog)

    async def _read(self, press: Press) -> End:
        """The card as it stands now, or a page of the very revision that somebody reads."""
        seen, verb = press.seen, press.verb
        card = await self._opened(self._desk.card(press.click, whole=verb != REFRESH))
        if isinstance(card, Answer):
            return card
        if verb == REFRESH:
            viewer = str(mapping(press.body, "from").get("id"))
            return render_card(card, press.stamp, dialogs=self._surface.dialogs, user_ids=[viewer])
        if verb == "read":
            return first_page(card, press.stamp, dialog=press.dialog)
        if (card.revision, card.fingerprint) != (seen.revision, seen.fingerprint):
            return said_dialog("Changed since", STALE)
        return page_dialog(card, seen.page, press.stamp, dialog=press.dialog)

    async def _opened(self, asked: Coroutine[Any, Any, T]) -> T | Answer:
        """What the desk shows, if it comes in time. Nothing is decided by it, so being late loses nothing."""
        task, in_time = await self._pace.start(asked)
        if in_time:
            return task.result()
        task.cancel()
        return Answer(False, TOO_SLOW)

    async def _done(self, body: Body, asked: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer, after the commit. Raises Late; then the person is told when it is there."""
        task, in_time = await self._pace.start(asked)
        if in_time:
            return task.result()
        log.warning("something that %s did took too long to answer", person_of(body).key)

        async def tell() -> None:
            await self._show(body, await self._guarded(_awaited(task)))

        self._pace.later(tell())
        raise Late

    async def _guarded(self, work: Coroutine[Any, Any, End]) -> End:
        """Whatever goes wrong becomes a sentence."""
        try:
            return await work
        except Late:
            raise
        except Exception as error:  # noqa: BLE001
            return Answer(False, sentence(error))

    async def _show(self, body: Body, end: End) -> None:
        """Show it to whoever acted, and nobody else. Where Teams takes nothing now, the card still shows what happened."""
        person, place = person_of(body), aside_of(body)
        if isinstance(end, Answer) and not plain(end.text).strip():
            return

        async def show() -> None:
            if isinstance(end, Answer):
                await self._surface.tell(person, place, end.text)
            else:
                await self._surface.give(person, place, end.card)

        await self._pace.start(_patiently(show, person.key))


async def _awaited(task: asyncio.Task[Answer]) -> Answer:
    return await task


async def _patiently(show: Callable[[], Awaitable[None]], key: str) -> None:
    """Show it, a few times if Teams asks to wait: nobody else keeps an answer that only one person sees."""
    for _ in range(TELLS):
        try:
            await show()
            return
        except SurfaceBusy as busy:
            why: Exception = busy
            await asyncio.sleep(min(busy.delay.total_seconds(), TELL_WAITS))
        except SurfaceError as error:
            why = error
            break
    log.warning("%s could not be told something: %s", key, why)
