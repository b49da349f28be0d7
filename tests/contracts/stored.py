"""What the suites of the Store begin with."""

from collections.abc import Sequence

from storage.records import (
    AuditEntry,
    Request,
)
from storage.sql.open import Storage
from storage.store import Transaction
from tests.storage.records import (
    request,
    revision_of,
    run,
)


async def ask(storage: Storage, asked: Request | None = None) -> Request:
    """Store a run and a request of it."""
    asked = asked or request()

    def work(tx: Transaction) -> None:
        tx.add_run(run(asked.run_id))
        tx.add_request(asked, revision_of(asked))

    await storage.store.write(work)
    return asked


async def chain(storage: Storage) -> Sequence[AuditEntry]:
    return await storage.store.read(lambda tx: tx.audit_entries())
