"""Which accounts belong to one human, where their addresses do not tell: an operator says so."""

from collections.abc import Sequence

from bot.flow.accounts import API, TERMINAL
from bot.flow.ids import Ids
from storage.records import Identity, JsonObject, Person
from storage.store import StorageError, Transaction

ACTOR = "operator"  # whoever may use the program's terminal
MOST = 20  # accounts of one human


class TooManyAccounts(StorageError):
    """No human has that many accounts."""


def humans_of(identities: Sequence[Identity]) -> dict[str, list[Identity]]:
    """The linked accounts by human."""
    found: dict[str, list[Identity]] = {}
    for identity in identities:
        found.setdefault(identity.human, []).append(identity)
    return found


def link(tx: Transaction, ids: Ids, keys: Sequence[str]) -> list[str]:
    """Make these accounts, and all that are linked to one of them, one human's. Returns the keys of that human's accounts.

    Raises TooManyAccounts.
    """
    found = humans_of(tx.identities())
    joined = {human: each for human, each in found.items() if any(one.person.key in keys for one in each)}
    before = {one.person.key: one for accounts in joined.values() for one in accounts}
    wanted = list(dict.fromkeys([*before, *keys]))
    if len(wanted) > MOST:
        raise TooManyAccounts(f"One human would have {len(wanted)} accounts; at most {MOST} are linked. Nothing was done.")
    human = next(iter(joined), None) or ids.new("hum")
    changed = [key for key in wanted if key not in before or before[key].human != human]
    for key in changed:
        person = before[key].person if key in before else _named(key)
        tx.link_identity(Identity(person=person, human=human, created_at=tx.now()))
    if changed:
        body: JsonObject = {"human": human, "accounts": [*wanted], "new": [*changed]}
        tx.audit("people.linked", actor=ACTOR, body=body)
    return wanted


def unlink(tx: Transaction, key: str) -> list[str] | None:
    """Make an account nobody else's. Returns the keys of those that stay linked to each other; None if it was not linked.

    An account that would be left alone is not linked any more either.
    """
    for human, accounts in humans_of(tx.identities()).items():
        left = [each.person.key for each in accounts if each.person.key != key]
        if len(left) == len(accounts):
            continue
        gone = [key] if len(left) > 1 else [key, *left]
        for each in gone:
            tx.unlink_identity(each)
        left = [each for each in left if each not in gone]
        tx.audit("people.unlinked", actor=ACTOR, body={"human": human, "account": key, "accounts": [*left]})
        return left
    return None


def _named(key: str) -> Person:
    """An account as it was typed. One that no platform vouches for is named by its address."""
    surface, _, user = key.split(":", 2)
    return Person(key=key, name=key, email=user if surface in (API, TERMINAL) else None)
