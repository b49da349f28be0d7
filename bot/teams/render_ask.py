"""The dialog in which a message is handed to an agent, and what comes back of it. The message travels in its button."""

from collections.abc import Mapping
from typing import Any

from bot.cards.ask import AskForm, ChatMessage
from bot.cards.fold import more_characters
from bot.cards.inert import beginning, inert, inert_line
from bot.flow.binding import Stamp
from bot.flow.carry import PURPOSE, arrived, carried
from bot.teams import limits
from bot.teams.actions import BINDING, POSITIVE, data_of, submit
from bot.teams.render_form import Errors, TooLongToEdit, inputs_of
from bot.teams.render_text import Block, Dialog, adaptive, quoted, rich, runs, size
from storage.records import JsonObject

SHOWN = 1_500  # characters of the message that the dialog quotes


def ask_dialog(form: AskForm, stamp: Stamp, *, typed: JsonObject | None = None, errors: Errors | None = None) -> Dialog:
    """The dialog, for its reader alone; `typed` and `errors` as in `form_dialog`. Raises `TooLongToEdit`."""
    data = data_of(PURPOSE, carried(form.message, stamp))
    body = [*_quote(form.message), *inputs_of(form, typed, errors or {}), rich(runs(form.intro, "small"), spacing="Medium")]
    card = adaptive(body, [submit(form.submit, data, **POSITIVE)], told="Ask an agent about a message.")
    if size(card) > limits.FORM:
        raise TooLongToEdit(
            f"This message has {len(form.message.text):,} characters, which is more than a dialog of Teams holds. "
            "Hand over the part that matters: mention Signoff with run, the agent's name and that part."
        )
    return Dialog(form.title, card)


def asked_in(data: Mapping[str, Any], stamp: Stamp) -> ChatMessage:
    """The message that a submitted dialog is about. Raises `BadBinding`."""
    return arrived(data.get(BINDING), stamp)


def _quote(message: ChatMessage) -> list[Block]:
    shown, more = beginning(inert(message.text), SHOWN)
    rest = runs(f" {more_characters(more)}, which the agent is given too", "italic") if more else []
    told = [rich(runs(inert_line(message.author), "bold"), runs(" wrote")), quoted(runs(shown), rest)]
    if message.files:
        named = inert_line(", ".join(message.files))
        told.append(rich(runs(f"Agents do not read files: {named}", "small"), spacing="Small"))
    return told
