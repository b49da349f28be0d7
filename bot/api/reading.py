"""Reads a body that may be hostile: bounded in bytes, in time, in depth and in parts, before anything is built from it.

What canonical JSON cannot carry, or two readers could read as two things, is refused and never mended: duplicate names,
numbers beyond 2**53, NaN, lone surrogates, NUL.
"""

import asyncio
import json
import math
import re
from typing import Any, NoReturn

from aiohttp import web

from bot.api.problems import Problem, unfit
from storage.records import JsonObject

BODY_MAX = 1024 * 1024  # bytes
BODY_WITHIN = 10.0  # seconds that a client gets to send it
DEPTH_MAX = 32
PARTS_MAX = 10_000  # values and names together
EXACT = 2**53  # what every JSON reader can hold exactly

# A string, or a sign that opens, closes or separates. Possessive, so that a string which never ends is read once, and not
# once for each of its quotes.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{},:]', re.DOTALL)


async def json_of(request: web.Request) -> JsonObject:
    """The body as a JSON object. Raises Problem."""
    return parsed(await bytes_of(request))


def parsed(raw: bytes) -> JsonObject:
    """The JSON object that `raw` is. Raises Problem (422)."""
    _bounded(raw)
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise unfit(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise unfit(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    if not isinstance(value, dict):
        raise unfit("The body must be a JSON object.")
    _sound(value)
    return value


async def bytes_of(request: web.Request) -> bytes:
    """The body of a call. Raises Problem (400, 408, 413)."""
    if (request.content_length or 0) > BODY_MAX:
        raise _too_large()
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.content.iter_any():
                raw += chunk
                if len(raw) > BODY_MAX:
                    raise _too_large()
    except TimeoutError as error:
        raise Problem(408, "slow-body", f"The body did not arrive within {BODY_WITHIN:.0f} seconds.") from error
    except web.RequestPayloadError as error:
        raise Problem(400, "broken-body", "The body could not be read. Send it again, whole and uncompressed.") from error
    return bytes(raw)


def _too_large() -> Problem:
    why = f"The body is larger than {BODY_MAX:,} bytes. Shorten it, and give evidence as links to the whole."
    return Problem(413, "large-body", why, headers={"Connection": "close"})


def _bounded(raw: bytes) -> None:
    """Count before anything is built: a MiB of brackets would become many MiB of objects."""
    parts, depth = 1, 0
    for token in _TOKEN.finditer(raw):
        sign = raw[token.start()]
        parts += sign in b",:[{"
        depth += (sign in b"[{") - (sign in b"]}")
        if parts > PARTS_MAX:
            raise unfit(f"The body has more than {PARTS_MAX:,} names and values. Put long lists into a file, and name that.")
        if depth > DEPTH_MAX:
            raise unfit(f"The body is nested deeper than {DEPTH_MAX} levels.")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise unfit(f"The name {twice[:80]!r} stands twice in one object, so it could be read in two ways.")
    return made


def _integer(text: str) -> int:
    if len(text) > len(str(-EXACT)) or abs(int(text)) > EXACT:
        raise unfit(f"The number {text[:40]} is beyond 2**53, which not every reader holds exactly. Send it as a string.")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or abs(value) >= EXACT:
        raise unfit(f"The number {text[:40]} is beyond 2**53, which not every reader holds exactly. Send it as a string.")
    return value


def _constant(text: str) -> NoReturn:
    raise unfit(f"{text} is not JSON. Send a number, a string or null.")


def _sound(value: Any) -> None:
    """No text that a database or a hash could not carry as it is."""
    match value:
        case str():
            if "\x00" in value:
                raise unfit("A text has a NUL character (\\u0000), which cannot be stored. Leave it out.")
            if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
                raise unfit("A text has half a surrogate pair (\\ud800 to \\udfff), which is no character. Leave it out.")
        case dict():
            for name, content in value.items():
                _sound(name)
                _sound(content)
        case list():
            for content in value:
                _sound(content)
