"""Keys with which other programs use the HTTP API: what they may do, how one is made, and how its token is known again.

A token is `apr_<id>_<secret>`. The secret is 32 random bytes, so a plain SHA-256 of it is enough to keep: nobody guesses it
from the hash, and a slow hash would only slow the gate down.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from bot.flow.ids import Ids
from storage.records import ApiKey, Person, Scope
from storage.store import Transaction

SCOPES: tuple[Scope, ...] = get_args(Scope)
PER_MINUTE, MOST_PER_MINUTE = 60, 6000  # calls, where nobody says otherwise, and at most
USED = timedelta(minutes=1)  # how often the last use is written down
NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,80}")

_TOKEN = re.compile(r"apr_([0-9a-z]{1,40})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64  # what a token is compared with that names no key, so that it takes as long as any other


class BadKey(ValueError):
    """Such a key is not made; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """What a key shall be. Raises BadKey where no such key is made."""

    name: str
    owner: Person
    scopes: tuple[Scope, ...]
    per_minute: int = PER_MINUTE
    lasts: timedelta | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise BadKey("A key's name has 1 to 80 characters, on one line.")
        if not self.scopes:
            raise BadKey(f"A key needs at least one scope of {', '.join(SCOPES)}.")
        if {"request", "decide"} <= set(self.scopes):
            raise BadKey("One key cannot both request and decide: no program decides on what it asks for. Make two keys.")
        if not 1 <= self.per_minute <= MOST_PER_MINUTE:
            raise BadKey(f"A key may make 1 to {MOST_PER_MINUTE:,} calls a minute.")


def create(tx: Transaction, ids: Ids, wanted: Wanted, actor: str) -> tuple[ApiKey, str]:
    """Store a new key. Returns it with its token, which nobody can ever see again."""
    now, secret = tx.now(), base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    key = ApiKey(
        id=ids.new("key"), name=wanted.name, owner=wanted.owner,
        scopes=tuple(scope for scope in SCOPES if scope in wanted.scopes), secret_hash=_hash(secret),
        per_minute=wanted.per_minute, created_at=now, expires_at=now + wanted.lasts if wanted.lasts else None,
    )  # fmt: skip
    tx.add_key(key)
    tx.audit("key.created", actor=actor, body=key.model_dump(mode="json", exclude={"secret_hash", "created_at"}))
    return key, f"apr_{key.id.removeprefix('key_')}_{secret}"


def revoke(tx: Transaction, id: str, actor: str) -> ApiKey | None:
    """End a key now; None if there is none, or it was revoked before."""
    revoked = tx.revoke_key(id)
    if revoked is not None:
        tx.audit("key.revoked", actor=actor, body={"id": id, "name": revoked.name})
    return revoked


def id_of(written: str) -> str:
    """The id that an id, or a whole token that somebody found, names."""
    token = _TOKEN.fullmatch(written)
    return f"key_{(token[1] if token else written).removeprefix('key_')}"


def is_token(written: str) -> bool:
    """Whether this has the form of a token, whatever it opens."""
    return _TOKEN.fullmatch(written) is not None


def known(tx: Transaction, token: str) -> ApiKey | None:
    """The key that the token opens, whether or not it can still be used; None if it opens none."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    key = tx.key(f"key_{parts[1]}")
    same = hmac.compare_digest(_hash(parts[2]), key.secret_hash if key else _NOBODY)
    return key if same else None


def over(key: ApiKey, now: datetime) -> str | None:
    """Why the key cannot be used any more, in a few words; None if it can."""
    if key.revoked_at is not None:
        return "was revoked"
    if key.expires_at is not None and key.expires_at <= now:
        return "has expired"
    return None


def used_lately(key: ApiKey, now: datetime) -> bool:
    """Whether its last use is written down already, to the minute."""
    return key.last_used_at is not None and now - key.last_used_at < USED


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
