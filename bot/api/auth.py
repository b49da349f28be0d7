"""Who calls: the key that the token opens, if it can still be used and may do this."""

import logging

from aiohttp import web

from bot.api.problems import Problem
from bot.api.quotas import Quotas
from bot.flow import keys
from storage.records import ApiKey, Request, Scope
from storage.store import StorageError, Store

log = logging.getLogger(__name__)

Scopes = frozenset[Scope]
EVERYTHING: Scopes = frozenset({"decide", "admin"})  # scopes with which a key sees every request


async def admitted(store: Store, quotas: Quotas, call: web.Request) -> ApiKey:
    """The key that a call comes with, which it is counted for; without one, for the address that it comes from.

    Raises Problem (401, 429), StorageError.
    """
    address, token = call.remote or "nowhere", _token(call)
    if not quotas.knows(keys.id_of(token)):
        await quotas.check_stranger(address)  # who guesses does not get to ask the database
    try:
        key = await _known(store, token)
    except Problem:
        await quotas.count_stranger(address)
        raise
    await quotas.count(key)
    return key


def _token(call: web.Request) -> str:
    """The token that a call comes with, or nothing."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def _known(store: Store, token: str) -> ApiKey:
    if not token:
        raise _nobody("Send `Authorization: Bearer apr_…` with a key made by `signoff keys create`.")
    key, now = await store.read(lambda tx: (keys.known(tx, token), tx.now())) if keys.is_token(token) else (None, None)
    if key is None or now is None:
        raise _nobody("There is no such key. Check that the whole token was sent; `signoff keys create` makes another.")
    if why := keys.over(key, now):
        log.info("key %s was refused: it %s", key.id, why)
        raise _nobody(f"This key {why}. `signoff keys create` makes another.")
    if not keys.used_lately(key, now):
        await _touch(store, key)
    return key


def may(key: ApiKey, scopes: Scopes) -> None:
    """Raises Problem (403) unless the key has one of the scopes."""
    if not scopes & set(key.scopes):
        needed = " or ".join(f"`{scope}`" for scope in keys.SCOPES if scope in scopes)
        has = ", ".join(key.scopes)
        raise Problem(403, "wrong-scope", f"This needs a key with the scope {needed}; this key has {has}.")


def sees(key: ApiKey, request: Request) -> bool:
    """Whether a request is any of this key's business: its own, with `read` its owner's, with `decide` or `admin` any."""
    if request.api_key == key.id or EVERYTHING & set(key.scopes):
        return True
    return "read" in key.scopes and request.requester.key == key.owner.key


def _nobody(why: str) -> Problem:
    return Problem(401, "unknown-key", why, headers={"WWW-Authenticate": 'Bearer realm="signoff"'})


async def _touch(store: Store, key: ApiKey) -> None:
    """Write the last use down. Nothing waits for that, so nothing fails by it."""
    try:
        await store.write(lambda tx: tx.touch_key(key.id))
    except StorageError as error:
        log.warning("the last use of key %s could not be written down: %s", key.id, error)
