"""Turns what people do in Slack into intents for the desk. Commit, then acknowledge.

A payload becomes an intent, the desk answers after its commit, and only then Slack hears of it: what was acknowledged is
never lost. Where the desk needs longer than the three seconds that Slack waits, nothing is acknowledged. Slack then says
itself that the app did not respond, a dialog stays open with what was typed, and the person is told the result as soon as
there is one. Only what opens or turns a dialog, and so changes nothing, may be acknowledged before it is done. No listener
decides anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bot.cards.ask import AskForm
from bot.cards.card import Card
from bot.cards.form import Form
from bot.cards.said import BROKEN, NOT_OURS, STALE, TAKEN, TOO_SLOW
from bot.cards.text import Text, plain, words
from bot.flow.binding import BadBinding, Binding, Purpose, Stamp
from bot.flow.desk import Answer, Asked, Click, Desk
from bot.flow.pace import Pace
from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.slack import names
from bot.slack.payloads import (
    Body,
    aside_of,
    command_of,
    delivery_of,
    mention_of,
    message_of,
    person_of,
    place_of,
    press_of,
    stamp_of,
    submission_of,
)
from bot.slack.plain import people_in
from bot.slack.render_ask import ask_view, asked_in
from bot.slack.render_form import TooLongToEdit, errors_for, form_view, said_view, values_of
from bot.slack.render_pages import first_page, page_view
from bot.slack.render_text import Block, say, spoken
from bot.slack.surface import SlackSurface
from storage.records import Place

log = logging.getLogger(__name__)

NAMED = 6  # people whose names are looked up for a message

Shown = TypeVar("Shown", Card, Form, AskForm)
Listener = Callable[[AsyncAck, Body], Awaitable[None]]


def register(app: AsyncApp, desk: Desk, surface: SlackSurface, pace: Pace) -> None:
    """Have `app` bring commands, presses and dialogs to `desk`, and say its answers through `surface`."""
    counter = Counter(desk, surface, pace)
    app.command(names.COMMAND)(counter.guarded(counter.command))
    for action, listener in counter.presses().items():
        app.action(action)(counter.guarded(listener))
    for callback, listener in counter.dialogs().items():
        app.view(callback)(counter.guarded(listener))
    app.message_shortcut(names.ASK)(counter.guarded(counter.ask))
    app.event(names.MENTION, middleware=[counter.committed(counter.mention)])(_acknowledged)


class Counter:
    """The listeners: one side faces Slack's payloads, the other the desk."""

    def __init__(self, desk: Desk, surface: SlackSurface, pace: Pace) -> None:
        self._desk, self._surface, self._pace = desk, surface, pace

    def presses(self) -> dict[str, Listener]:
        """The buttons by action id."""
        return {
            names.APPROVE: self.approve,
            names.EDIT: self.edit,
            names.REJECT: self.reject,
            names.READ: self.read,
            names.PREVIOUS: self.turn,
            names.NEXT: self.turn,
        }

    def dialogs(self) -> dict[str, Listener]:
        """The dialogs by callback id."""
        return {
            names.EDIT_FORM: self.edited,
            names.REJECT_FORM: self.rejected,
            names.REVIEW: self.reviewed,
            names.ASK_FORM: self.asked,
        }

    def guarded(self, listener: Listener) -> Callable[..., Awaitable[None]]:
        """`listener` for Bolt: under way until it is done, and whatever it raises becomes a sentence."""

        async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
            with self._pace:
                try:
                    await listener(ack, body)
                except Exception as error:  # noqa: BLE001  # whatever went wrong, a person gets a sentence
                    await self._failed(error, ack, body)

        return listen

    def committed(self, listener: Listener) -> Callable[..., Awaitable[BoltResponse]]:
        """`listener` for an event. Bolt acknowledges an event before its listener runs, but not before a middleware of that
        listener has; what was not acknowledged Slack delivers again (https://docs.slack.dev/apis/events-api)."""
        guarded = self.guarded(listener)

        async def work(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
            await guarded(ack, body)
            return ack.response or BoltResponse(status=503)

        return work

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """`/signoff …`: the answer comes with the acknowledgement, seen by that person only."""
        if answer := await self._done(body, self._desk.command(command_of(body))):
            await ack(text=spoken(answer.text), blocks=say(answer.text), response_type="ephemeral")

    async def mention(self, ack: AsyncAck, body: Body) -> None:
        """`@Signoff …`: a command like any other, in the thread of its message; whoever wrote it alone sees the answer."""
        typed = mention_of(body, (await self._surface.directory.workspace()).user)
        if typed is None:
            await ack()
        elif answer := await self._done(body, self._desk.command(typed)):
            await ack()
            if answer.text != TAKEN:  # delivered again
                await self._tell(body, place_of(body), answer.text)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Ask an agent, on any message: opens the form."""
        await self._open(ack, body, self._asking(body), ask_view)

    async def asked(self, ack: AsyncAck, body: Body) -> None:
        """The form about a message. What comes of it is told beside the message."""
        message, values = asked_in(body["view"], self._stamp(body))
        asked = Asked(message, person_of(body), delivery_of(body))
        answer = await self._submitted(ack, body, self._desk.ask(asked, values))
        if answer and answer.ok:
            await self._tell(body, aside_of(message), answer.text)

    async def _asking(self, body: Body) -> AskForm | Answer:
        person, channel = person_of(body), body["channel"]["id"]
        names, reached = await asyncio.gather(
            self._surface.directory.names(people_in(body["message"])[:NAMED]), self._surface.present(person, channel)
        )
        return await self._desk.ask_form(message_of(body, names, reached=reached), person)

    async def approve(self, ack: AsyncAck, body: Body) -> None:
        """Approve, on a card."""
        if answer := await self._done(body, self._desk.approve(self._press(body, "approve"))):
            await ack()
            await self._tell(body, place_of(body), answer.text)

    async def edit(self, ack: AsyncAck, body: Body) -> None:
        """Edit, on a card: opens the form."""
        click, seen = press_of(body, self._stamp(body), "edit")
        await self._open(ack, body, self._desk.form(click, "edit"), lambda form, stamp: form_view(form, stamp, seen.page))

    async def reject(self, ack: AsyncAck, body: Body) -> None:
        """Reject, on a card: opens the form."""
        await self._open(ack, body, self._desk.form(self._press(body, "reject"), "reject"), form_view)

    async def read(self, ack: AsyncAck, body: Body) -> None:
        """Open to review, on a card: opens the first page."""
        await self._open(ack, body, self._desk.card(self._press(body, "read")), first_page)

    async def turn(self, ack: AsyncAck, body: Body) -> None:
        """Previous or next page, in a dialog."""
        stamp = self._stamp(body)
        click, seen = press_of(body, stamp, "turn")
        task, _ = await self._pace.start(self._desk.card(click))
        await ack()
        await self._surface.turn(body["view"]["id"], body["view"]["hash"], _page(await task, seen, stamp))

    async def edited(self, ack: AsyncAck, body: Body) -> None:
        """The edit form."""
        await self._submitted(ack, body, self._desk.edit(self._sent(body, "edit_form"), values_of(body["view"])))

    async def rejected(self, ack: AsyncAck, body: Body) -> None:
        """The reject form."""
        await self._submitted(ack, body, self._desk.reject(self._sent(body, "reject_form"), values_of(body["view"])))

    async def reviewed(self, ack: AsyncAck, body: Body) -> None:
        """Approve, on the last page of the whole text."""
        await self._submitted(ack, body, self._desk.approve(self._sent(body, "approve_read")))

    def _stamp(self, body: Body) -> Stamp:
        return stamp_of(body, self._surface.seals)

    def _press(self, body: Body, purpose: Purpose) -> Click:
        return press_of(body, self._stamp(body), purpose)[0]

    def _sent(self, body: Body, purpose: Purpose) -> Click:
        return submission_of(body, self._stamp(body), purpose)

    async def _open(
        self, ack: AsyncAck, body: Body, asked: Coroutine[Any, Any, Shown | Answer], view: Callable[[Shown, Stamp], Block]
    ) -> None:
        """Open a dialog while its trigger lives, or say why not. Nothing is decided here, so being late loses nothing."""
        task, in_time = await self._pace.start(asked)
        await ack()
        if not in_time:
            task.cancel()
            await self._tell(body, place_of(body), TOO_SLOW)
        elif isinstance(answer := task.result(), Answer):
            await self._tell(body, place_of(body), answer.text)
        else:
            await self._surface.open(body["trigger_id"], view(answer, self._stamp(body)))

    async def _submitted(self, ack: AsyncAck, body: Body, asked: Coroutine[Any, Any, Answer]) -> Answer | None:
        """Close a dialog once it is decided; else keep it open with the errors at their inputs, or say why in it. Returns
        the answer, unless that came too late."""
        answer = await self._done(body, asked)
        if answer is None:
            return None
        if answer.ok:
            await ack()
        elif errors := errors_for(body["view"], answer.errors):
            await ack(response_action="errors", errors=errors)
        else:
            await ack(response_action="update", view=said_view("Not done", answer.text))
        return answer

    async def _done(self, body: Body, asked: Coroutine[Any, Any, Answer]) -> Answer | None:
        """The answer, after the commit; None if that came too late to be acknowledged, so that the person was told."""
        task, in_time = await self._pace.start(asked)
        if in_time:
            return task.result()
        log.warning("something that %s did took too long to acknowledge", person_of(body).key)
        try:
            told = (await task).text
        except Exception as error:  # noqa: BLE001  # whatever went wrong, a person gets a sentence
            told = _sentence(error)
        await self._tell(body, place_of(body), told)
        return None

    async def _failed(self, error: Exception, ack: AsyncAck, body: Body) -> None:
        """Log what a listener raised, and tell the person a sentence: in the dialog if they wait there."""
        told = _sentence(error)
        if ack.response is None and body.get("type") == "view_submission":
            await ack(**_kept_open(body["view"], told))
            return
        if ack.response is None:
            await ack()
        await self._tell(body, place_of(body), told)

    async def _tell(self, body: Body, place: Place | None, text: Text) -> None:
        """Say something to whoever acted. If Slack takes nothing now, the card still shows what happened."""
        if not plain(text).strip():
            return
        try:
            await self._surface.tell(person_of(body), place, text)
        except (SurfaceError, SurfaceBusy) as error:
            log.warning("%s could not be told something: %s", person_of(body).key, error)


async def _acknowledged() -> None:
    """What is left to do of an event whose work was done before it was acknowledged."""


def _page(shown: Card | Answer, seen: Binding, stamp: Stamp) -> Block:
    """A page of the very revision that the dialog was opened on."""
    if isinstance(shown, Answer):
        return said_view("Not possible", shown.text)
    if (shown.revision, shown.fingerprint) != (seen.revision, seen.fingerprint):
        return said_view("Changed since", STALE)
    return page_view(shown, seen.page, stamp)


def _sentence(error: Exception) -> Text:
    match error:
        case BadBinding():
            log.warning("a button or dialog carried something that Signoff did not make for it: %s", error)
            return NOT_OURS
        case TooLongToEdit() | SurfaceError() | SurfaceBusy():
            log.warning("somebody could not be shown a dialog: %s", error)
            return words(str(error))
        case _:
            log.error("a listener failed", exc_info=error)
            return BROKEN


def _kept_open(view: Body, told: Text) -> dict[str, Any]:
    """What to say in a dialog without losing what was typed: at its first input, if it has one."""
    if errors := errors_for(view, {"": plain(told)}):
        return {"response_action": "errors", "errors": errors}
    return {"response_action": "update", "view": said_view("Not done", told)}
