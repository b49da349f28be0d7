"""What a trace is made of, read from the database."""

from bot.traces.build import Asked, Rows
from storage.records import Run
from storage.store import StorageError, Transaction

MOST = 1000  # requests of one run


class NoSuchRun(StorageError):
    """No run, or more than one, begins like this."""


def rows_of(tx: Transaction, run: Run) -> Rows:
    """Everything that is kept of a run."""
    requests = tx.requests(limit=MOST, run_id=run.id)
    asked = {each.id: Asked(each, tx.revisions(each.id), tx.decisions(each.id)) for each in requests}
    return Rows(run, tx.steps(run.id), asked)


def run_named(tx: Transaction, typed: str) -> Run:
    """The run with that id, or the only one whose id begins so; a request's id stands for its run. Raises NoSuchRun."""
    prefix = typed.strip().lower()
    if prefix.startswith("req_"):
        found = [tx.run(run) for run in sorted({request.run_id for request in tx.find_requests(prefix)})]
    else:
        found = list(tx.find_runs(prefix if prefix.startswith("run_") else f"run_{prefix}"))
    if len(found) != 1:
        how_many = "More than one run begins" if found else "There is no run that begins"
        raise NoSuchRun(f"{how_many} with {typed!r}. `signoff trace list` shows the newest.")
    return found[0]
