"""A message of a chat on its way through a dialog, so that no replica has to remember it between opening and submission.

It is packed, and sealed for the one person to whom the dialog is served. Where a dialog has no room for the text, only its
digest travels, and the text comes back some other way.
"""

import base64
import hashlib
import json
import zlib
from typing import Final

from bot.cards.ask import ChatMessage
from bot.flow.binding import Stamp

PURPOSE: Final = "ask_form"


def carried(message: ChatMessage, stamp: Stamp, *, text: bool = True) -> str:
    """What a dialog carries of the message, in ASCII; with or without its text."""
    fields = message.model_dump(mode="json") | {"digest": _digest(message.text)}
    kept = fields if text else fields | {"text": ""}
    packed = zlib.compress(json.dumps(kept, ensure_ascii=False).encode(errors="surrogatepass"), 9)
    return stamp.enclosed(base64.urlsafe_b64encode(packed).decode(), PURPOSE)


def arrived(value: object, stamp: Stamp, text: str = "") -> ChatMessage:
    """The message again. Where it was carried without its text, `text` is what came back instead. Raises `BadBinding`."""
    packed = zlib.decompress(base64.urlsafe_b64decode(stamp.disclosed(value, PURPOSE)))
    fields = json.loads(packed.decode(errors="surrogatepass"))
    digest = fields.pop("digest")
    message = ChatMessage.model_validate(fields)
    if message.text:
        return message
    return message.model_copy(update={"text": text, "changed": _digest(text) != digest})


def _digest(text: str) -> str:
    """The same for texts that differ in nothing but white space, in which inputs are not exact."""
    return hashlib.sha256(" ".join(text.split()).encode(errors="surrogatepass")).hexdigest()
