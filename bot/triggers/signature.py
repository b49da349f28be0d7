"""Signatures of webhooks, as Standard Webhooks has them
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).

Its own library takes the body for UTF-8, which a mail need not be, and raises whatever a malformed header makes it raise.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

TOLERANCE = 300.0  # seconds by which sender's clock and ours may differ, either way
SHORTEST, LONGEST = 24, 64  # bytes of a key
PREFIX = "whsec_"

_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MOST = 4096  # characters of signatures

_HOW = (
    f"write {PREFIX} and {SHORTEST} to {LONGEST} random bytes in base64, as `echo {PREFIX}$(openssl rand -base64 32)` does"
)


@dataclass(frozen=True)
class Stamp:
    """What a webhook's three headers say."""

    id: str
    timestamp: str
    signatures: str


def keys_in(written: str) -> tuple[bytes, ...]:
    """The keys that a variable holds, by comma, the newest first; any of them will do. Raises ValueError."""
    return tuple(_key(part.strip()) for part in written.split(","))


def sign(key: bytes, id: str, timestamp: str, body: bytes) -> str:
    """The signature with which a sender proves that it has the key."""
    mac = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode()}"


def timely(stamp: Stamp, now: datetime) -> str | None:
    """Why a body with this stamp need not even be read; None if it has to be."""
    if not (_ID.fullmatch(stamp.id) and _TIMESTAMP.fullmatch(stamp.timestamp) and 0 < len(stamp.signatures) <= _MOST):
        return "its headers are missing or malformed"
    if abs(now.timestamp() - int(stamp.timestamp)) > TOLERANCE:
        return "its timestamp is too far from this clock"
    return None


def genuine(keys: Sequence[bytes], stamp: Stamp, body: bytes) -> bool:
    """Whether one of the signatures was made with one of the keys; how much of a wrong one is right does not show."""
    given = [each.encode(errors="replace") for each in stamp.signatures.split()]
    expected = [sign(key, stamp.id, stamp.timestamp, body).encode() for key in keys]
    return any(hmac.compare_digest(each, other) for each in given for other in expected)


def _key(written: str) -> bytes:
    text = written.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not (written.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST):
        raise ValueError(f"holds no webhook secret: {_HOW}")
    return key
