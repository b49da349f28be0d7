"""Executions, evaluations, and the messages that show them."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Evaluation, Execution, ExecutionStatus, JsonObject, Message
from storage.redaction import redacted_json
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, value
from storage.sql.tables import Evaluations, Executions, Messages, table
from storage.sql.types import now
from storage.store import NotFound

_executions, _evaluations, _messages = table(Executions), table(Evaluations), table(Messages)
_execution = columns(_executions, Execution)

_claim = Query(insert(_executions).on_conflict_do_nothing())
_of_step = Query(
    select(*_execution).where(_executions.c.run_id == bindparam("run"), _executions.c.step == bindparam("at_step"))
)
_of_run = Query(select(*_execution).where(_executions.c.run_id == bindparam("run")).order_by(_executions.c.step))
_end = Query(
    _executions.update()
    .where(
        _executions.c.id == bindparam("execution"),
        _executions.c.status == ExecutionStatus.claimed.value,
    )
    .values(
        status=bindparam("after"),
        receipt=value("new_receipt", _executions.c.receipt),
        error=value("new_error", _executions.c.error),
        finished_at=now(),
    )
    .returning(*_execution)
)

_evaluate = Query(_evaluations.insert())

_post = Query(
    insert(_messages).on_conflict_do_nothing(index_elements=["subject", "purpose", "surface", "tenant", "channel"])
)
_shown = Query(
    select(*columns(_messages, Message))
    .where(_messages.c.subject == bindparam("about"))
    .order_by(_messages.c.created_at, _messages.c.id)
)
_CHANGES = ("place", "status", "address", "shown")
_WHERE = ("surface", "tenant", "channel")  # of the place, as columns
_update = Query(
    _messages.update()
    .where(_messages.c.id == bindparam("message"))
    .values({name: value(f"new_{name}", _messages.c[name]) for name in (*_CHANGES, *_WHERE)})
)


@cache
def _evaluated(of_run: bool) -> Query:
    newest = select(*columns(_evaluations, Evaluation))
    if of_run:
        newest = newest.where(_evaluations.c.run_id == bindparam("run"))
    newest = newest.order_by(_evaluations.c.created_at.desc(), _evaluations.c.id.desc())
    return Query(newest.limit(bindparam("most", type_=Integer)))


class ExecutionRows(Rows):
    """Executions, evaluations and messages of the Store port."""

    def claim_execution(self, execution: Execution) -> bool:
        """False if the step or the request has an execution already."""
        return self._changed(_claim, **fields(execution))

    def execution_of(self, run_id: str, step: int) -> Execution | None:
        """The execution of one step."""
        return self._one(_of_step, Execution, run=run_id, at_step=step)

    def executions(self, run_id: str) -> Sequence[Execution]:
        """In order of their steps."""
        return self._all(_of_run, Execution, run=run_id)

    def end_execution(
        self, id: str, status: ExecutionStatus, *, receipt: JsonObject | None = None, error: str | None = None
    ) -> Execution | None:
        """`claimed` becomes `status`."""
        return self._one(_end, Execution, execution=id, after=status, new_receipt=receipt, new_error=error)

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Insert, without credentials."""
        self._run(_evaluate, **fields(evaluation) | {"body": redacted_json(evaluation.body)})

    def evaluations(self, *, limit: int = 100, run_id: str | None = None) -> Sequence[Evaluation]:
        """Newest first."""
        wanted = {} if run_id is None else {"run": run_id}
        return self._all(_evaluated(run_id is not None), Evaluation, most=limit, **wanted)

    def add_message(self, message: Message) -> bool:
        """False if the purpose, subject and channel have a message already."""
        place = message.place
        where = {"surface": place.surface, "tenant": place.tenant, "channel": place.channel}
        return self._changed(_post, **fields(message), **where)

    def messages(self, subject: str) -> Sequence[Message]:
        """In order of time."""
        return self._all(_shown, Message, about=subject)

    def update_message(self, message: Message) -> None:
        """Write what can change. Raises NotFound."""
        new = {f"new_{name}": getattr(message, name) for name in _CHANGES}
        new |= {f"new_{name}": getattr(message.place, name) for name in _WHERE}
        if not self._changed(_update, message=message.id, **new):
            raise NotFound("message", message.id)
