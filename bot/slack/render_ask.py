"""The dialog in which a message is handed to an agent, and what comes back of it.

The message travels in the dialog itself, so that no replica has to remember it: packed into the dialog's private metadata,
and shown as a quote. Slack has room for 3,000 characters there, some five thousand of prose. A longer message stands in
inputs instead, whole, and comes back as what was left in them.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from bot.cards.ask import AskForm, ChatMessage
from bot.cards.fold import more_characters
from bot.cards.form import FormField
from bot.cards.inert import beginning, hiding, inert
from bot.flow.binding import Stamp
from bot.slack import limits, names
from bot.slack.render_form import PARTS, TooLongToEdit, input_blocks, values_of
from bot.slack.render_text import Block, part, plain_text, quoted, rich, section
from storage.records import JsonObject

TEXT = "text"  # the name of the inputs that hold a long message
SHOWN = 1_500  # characters of the message that the dialog quotes
FILES_SHOWN = 5


def ask_view(form: AskForm, stamp: Stamp) -> Block:
    """The modal, for its reader alone. Raises `TooLongToEdit` for a message that no dialog can hold."""
    packed = stamp.enclosed(_packed(form.message), "ask_form")
    carried = len(packed) <= limits.VIEW_PRIVATE_METADATA
    if not carried:
        _check(form.message)
        packed = stamp.enclosed(_packed(form.message, carried=False), "ask_form")
    return {
        "type": "modal",
        "callback_id": names.ASK_FORM,
        "title": plain_text(form.title, limits.VIEW_TITLE),
        "submit": plain_text(form.submit, limits.VIEW_SUBMIT),
        "close": plain_text("Cancel", limits.VIEW_CLOSE),
        "private_metadata": packed,
        "blocks": [
            *(_quote(form.message) if carried else ()),
            *(block for field in form.fields for block in input_blocks(field)),
            *(() if carried else input_blocks(_long(form.message))),
            {"type": "context", "elements": [plain_text(form.intro, limits.SECTION_TEXT)]},
        ],
    }


def asked_in(view: Mapping[str, Any], stamp: Stamp) -> tuple[ChatMessage, JsonObject]:
    """The message that a submitted dialog is about, and what was entered. Raises `BadBinding`."""
    values = values_of(view)
    packed = json.loads(zlib.decompress(base64.urlsafe_b64decode(stamp.disclosed(view.get("private_metadata"), "ask_form"))))
    digest = packed.pop("digest")
    message = ChatMessage.model_validate(packed)
    if not message.text:
        text = str(values.pop(TEXT, None) or "")
        message = message.model_copy(update={"text": text, "changed": _digest(text) != digest})
    return message, values


def _check(message: ChatMessage) -> None:
    if len(message.text) > limits.PLAIN_TEXT_INPUT * PARTS:
        raise TooLongToEdit(
            f"This message has {len(message.text):,} characters, which is more than a dialog of Slack holds. "
            "Hand over the part that matters: type /signoff run, the agent's name and that part."
        )


def _packed(message: ChatMessage, *, carried: bool = True) -> str:
    fields = message.model_dump(mode="json") | {"digest": _digest(message.text)}
    kept = fields if carried else fields | {"text": ""}
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(kept, ensure_ascii=False).encode(), 9)).decode()


def _digest(text: str) -> str:
    """The same for texts that differ in nothing but white space, in which inputs are not exact."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


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
