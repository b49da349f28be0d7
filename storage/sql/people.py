"""Delegations, and the accounts of humans who have several."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Delegation, Identity
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, value
from storage.sql.tables import Delegations, Identities, table
from storage.sql.types import now

_delegations, _identities = table(Delegations), table(Identities)

_delegate = Query(_delegations.insert())
_end = Query(
    _delegations.update()
    .where(_delegations.c.id == bindparam("delegation"), _delegations.c.ended_at.is_(None), _delegations.c.until > now())
    .values(ended_at=now())
    .returning(*columns(_delegations, Delegation))
)

_new = {name: value(f"new_{name}", _identities.c[name]) for name in ("key", "human", "person", "created_at")}
_insert = insert(_identities).values(_new)
_link = Query(
    _insert.on_conflict_do_update(
        index_elements=["key"], set_={name: _insert.excluded[name] for name in ("human", "person", "created_at")}
    )
)
_unlink = Query(_identities.delete().where(_identities.c.key == bindparam("account")))


@cache
def _list(by: tuple[str, ...], *, in_force: bool) -> Query:
    wanted = [_delegations.c[name] == bindparam(f"wanted_{name}") for name in by]
    if in_force:
        at = value("at", _delegations.c.until)
        ended = _delegations.c.ended_at
        wanted += [_delegations.c.until > at, _delegations.c.created_at <= at, or_(ended.is_(None), ended > at)]
    listed = select(*columns(_delegations, Delegation)).where(*wanted)
    return Query(listed.order_by(_delegations.c.created_at.desc(), _delegations.c.id.desc()))


_linked = select(*columns(_identities, Identity)).order_by(_identities.c.human, _identities.c.key)
_everybody = Query(_linked)


def _among(count: int) -> ColumnElement[bool]:
    return or_(*(_identities.c.key == bindparam(f"key_{number}") for number in range(count)))


@cache
def _of_accounts(count: int) -> Query:
    return Query(_linked.where(_among(count)))


@cache
def _of_humans(count: int) -> Query:
    return Query(_linked.where(_identities.c.human.in_(select(_identities.c.human).where(_among(count)))))


class PeopleRows(Rows):
    """Delegations and identities of the Store port."""

    def add_delegation(self, delegation: Delegation) -> None:
        """Insert."""
        self._run(_delegate, **fields(delegation), giver_key=delegation.giver.key, taker_key=delegation.taker.key)

    def delegations(
        self, *, giver: str | None = None, taker: str | None = None, at: datetime | None = None
    ) -> Sequence[Delegation]:
        """Newest first."""
        given = {"giver_key": giver, "taker_key": taker}
        wanted = {name: key for name, key in given.items() if key is not None}
        values: dict[str, object] = {f"wanted_{name}": key for name, key in wanted.items()}
        if at is not None:
            values["at"] = at
        return self._all(_list(tuple(wanted), in_force=at is not None), Delegation, **values)

    def end_delegation(self, id: str) -> Delegation | None:
        """Take it back now; None if it was over."""
        return self._one(_end, Delegation, delegation=id)

    def link_identity(self, identity: Identity) -> None:
        """Insert or replace."""
        new = {f"new_{name}": content for name, content in fields(identity).items()}
        self._run(_link, **new, new_key=identity.person.key)

    def unlink_identity(self, key: str) -> bool:
        """False if it was not linked."""
        return self._changed(_unlink, account=key)

    def identities(self, keys: Collection[str] | None = None) -> Sequence[Identity]:
        """Those of these accounts, or all."""
        return self._all(_everybody, Identity) if keys is None else self._identities(_of_accounts, keys)

    def identities_of_humans(self, keys: Collection[str]) -> Sequence[Identity]:
        """Those of the humans to whom these accounts belong."""
        return self._identities(_of_humans, keys)

    def _identities(self, query: Callable[[int], Query], keys: Collection[str]) -> Sequence[Identity]:
        wanted = sorted(set(keys))
        if not wanted:
            return []
        return self._all(query(len(wanted)), Identity, **{f"key_{n}": key for n, key in enumerate(wanted)})
