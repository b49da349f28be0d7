"""Somebody with every right on the database, who does to the audit chain what its triggers would refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, create_engine, make_url, text

from storage.audit import GENESIS, link
from storage.records import AuditEntry
from storage.store import Store

_FREE = {
    "sqlite": ("DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER audit_refuses_change",),
}
_DONE = {"sqlite": (), "postgresql": ("ALTER TABLE audit ENABLE TRIGGER audit_refuses_change",)}


@dataclass(frozen=True)
class Vandal:
    connection: Connection

    def run(self, statement: str, **values: object) -> None:
        changed = self.connection.execute(text(statement), values).rowcount
        assert changed != 0, "the vandal did nothing"

    def flip_a_bit(self, seq: int) -> None:
        """One bit of one letter of who did it."""
        actor = self.connection.execute(text("SELECT actor FROM audit WHERE seq = :seq"), {"seq": seq}).scalar_one()
        flipped = actor[:-1] + chr(ord(actor[-1]) ^ 1)
        self.run("UPDATE audit SET actor = :actor WHERE seq = :seq", actor=flipped, seq=seq)

    def delete(self, seq: int) -> None:
        self.run("DELETE FROM audit WHERE seq = :seq", seq=seq)

    def swap(self, seq: int, other: int) -> None:
        for before, after in ((seq, 0), (other, seq), (0, other)):
            self.run("UPDATE audit SET seq = :after WHERE seq = :before", before=before, after=after)

    def cut_after(self, seq: int) -> None:
        self.run("DELETE FROM audit WHERE seq > :seq", seq=seq)

    def replace(self, entry: AuditEntry) -> None:
        """Write an entry's actor and hashes over the row's."""
        values = {"seq": entry.seq, "actor": entry.actor, "previous": entry.previous, "hash": entry.hash}
        self.run("UPDATE audit SET actor = :actor, previous = :previous, hash = :hash WHERE seq = :seq", **values)


@contextmanager
def vandal(url: str) -> Iterator[Vandal]:
    """Works in one transaction, with the triggers out of the way."""
    address = make_url(url)
    kind = address.get_backend_name()
    engine = create_engine(address.set(drivername="postgresql+psycopg") if kind == "postgresql" else address)
    try:
        with engine.begin() as connection:
            for statement in _FREE[kind]:
                connection.execute(text(statement))
            yield Vandal(connection)
            for statement in _DONE[kind]:
                connection.execute(text(statement))
    finally:
        engine.dispose()


async def rewritten(store: Store, *, seq: int, actor: str) -> list[AuditEntry]:
    """The whole chain as it would be if `actor` had done entry `seq`: every later hash made anew."""
    entries, previous = [], GENESIS
    for entry in await store.read(lambda tx: tx.audit_entries(limit=100_000)):
        forged = entry.model_copy(update={"previous": previous} | ({"actor": actor} if entry.seq == seq else {}))
        entries.append(forged.model_copy(update={"hash": link(forged)}))
        previous = entries[-1].hash
    return entries
