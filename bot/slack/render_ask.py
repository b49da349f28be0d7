"""The dialog in which a message is handed to an agent, and what comes back of it.

The message travels in the dialog itself, so that no replica has to remember it: packed into the dialog's private metadata,
and shown as a quote. Slack has room for 3,000 characters there, some five thousand of prose. A longer message stands in
inputs instead, whole, and comes back as what was left in them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.cards.ask import AskForm, ChatMessage
from bot.cards.fold import more_characters
from bot.cards.form import FormField
from bot.cards.inert import beginning, hiding, inert
from bot.flow.binding import Stamp
from bot.flow.carry import arrived, carried
from bot.slack import limits, names
from bot.slack.render_form import PARTS, TooLongToEdit, input_blocks, values_of
from bot.slack.render_text import Block, part, plain_text, quoted, rich, section
from storage.records import JsonObject

TEXT = "text"  # the name of the inputs that hold a long message
SHOWN = 1_500  # characters of the message that the dialog quotes
FILES_SHOWN = 5


def ask_view(form: AskForm, stamp: Stamp) -> Block:
    """The modal, for its reader alone. Raises `TooLongToEdit` for a message that no dialog can hold."""
    metadata = carried(form.message, stamp)
    fits = len(metadata) <= limits.VIEW_PRIVATE_METADATA
    if not fits:
        _check(form.message)
        metadata = carried(form.message, stamp, text=False)
    return {
        "type": "modal",
        "callback_id": names.ASK_FORM,
        "title": plain_text(form.title, limits.VIEW_TITLE),
        "submit": plain_text(form.submit, limits.VIEW_SUBMIT),
        "close": plain_text("Cancel", limits.VIEW_CLOSE),
        "private_metadata": metadata,
        "blocks": [
            *(_quote(form.message) if fits else ()),
            *(block for field in form.fields for block in input_blocks(field)),
            *(() if fits else input_blocks(_long(form.message))),
            {"type": "context", "elements": [plain_text(form.intro, limits.SECTION_TEXT)]},
        ],
    }


def asked_in(view: Mapping[str, Any], stamp: Stamp) -> tuple[ChatMessage, JsonObject]:
    """The message that a submitted dialog is about, and what was entered. Raises `BadBinding`."""
    values = values_of(view)
    text = str(values.pop(TEXT, None) or "")
    return arrived(view.get("private_metadata"), stamp, text), values


def _check(message: ChatMessage) -> None:
    if len(message.text) > limits.PLAIN_TEXT_INPUT * PARTS:
        raise TooLongToEdit(
            f"This message has {len(message.text):,} characters, which is more than a dialog of Slack holds. "
            "Hand over the part that matters: type /signoff run, the agent's name and that part."
        )


def _quote(message: ChatMessage) -> Iterator[Block]:
    shown, more = beginning(inert(message.text), SHOWN)
    told = [part(shown)]
    if more:
        told.append(part(f" {more_characters(more)}, which the agent is given too", "italic"))
    yield rich(section(part(message.author, "bold"), part(" wrote")), quoted(*told))
    if message.files:
        yield {"type": "context", "elements": [plain_text(_unread(message.files), limits.SECTION_TEXT)]}


def _long(message: ChatMessage) -> FormField:
    hidden = hiding(message.text)
    return FormField(
        name=TEXT,
        label=f"What {beginning(inert(message.author), 80)[0]} wrote",
        hint=f"Holds characters that do not show: {', '.join(hidden[:5])}." if hidden else None,
        kind="lines",
        value=message.text,
    )


def _unread(files: tuple[str, ...]) -> str:
    named = ", ".join(files[:FILES_SHOWN]) + (f" and {len(files) - FILES_SHOWN} more" if len(files) > FILES_SHOWN else "")
    return f"Agents do not read files: {named}"
