"""Facts that travel through other people's hands: readable by anybody, made by nobody but us."""

import base64
import binascii
import json

from bot.flow.seals import Seals
from storage.canonical import canonical
from storage.records import JsonObject

LONGEST = 4096  # characters; a cookie holds no more


def packed(seals: Seals, purpose: str, facts: JsonObject) -> str:
    """The facts with their seal, in letters that an address and a cookie can hold."""
    return f"{_written(facts)}.{seals.seal(purpose, facts)}"


def unpacked(seals: Seals, purpose: str, text: str) -> JsonObject | None:
    """What was packed for that purpose; None if it was not packed here, or was altered."""
    body, _, seal = text.partition(".")
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        facts = json.loads(base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True))
        genuine = isinstance(facts, dict) and seals.holds(seal, purpose, facts) and _written(facts) == body
    except (binascii.Error, ValueError, RecursionError):
        return None
    return facts if genuine else None


def _written(facts: JsonObject) -> str:
    return base64.urlsafe_b64encode(canonical(facts)).decode().rstrip("=")
