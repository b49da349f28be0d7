"""What rules with a budget let run by themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import and_, bindparam, func, not_, select
from sqlalchemy.dialects.postgresql import insert

from storage.sql.query import Query
from storage.sql.rows import Rows, value
from storage.sql.tables import Spendings, table
from storage.sql.types import now

_spendings = table(Spendings)

_insert = insert(_spendings).values(rule=bindparam("rule"), run_id=bindparam("run_id"), step=bindparam("step"), at=now())
_spend = Query(_insert.on_conflict_do_update(index_elements=["rule", "run_id", "step"], set_={"at": _insert.excluded.at}))
_forget = Query(_spendings.delete().where(_spendings.c.at < value("before", _spendings.c.at)))


@cache
def _count(*, but: bool) -> Query:
    wanted = [_spendings.c.rule == bindparam("rule"), _spendings.c.at > value("since", _spendings.c.at)]
    if but:
        wanted.append(not_(and_(_spendings.c.run_id == bindparam("run"), _spendings.c.step == bindparam("at_step"))))
    return Query(select(func.count()).select_from(_spendings).where(*wanted))


class BudgetRows(Rows):
    """Budgets of the Store port."""

    def spent(self, rules: Collection[str], since: datetime, *, but: tuple[str, int] | None = None) -> Mapping[str, int]:
        """How often each let something run since then."""
        query, this = _count(but=but is not None), {} if but is None else {"run": but[0], "at_step": but[1]}
        rows = {rule: self._run(query, rule=rule, since=since, **this).fetchone() for rule in rules}
        return {rule: int(row[0]) if row else 0 for rule, row in rows.items()}

    def spend(self, rules: Collection[str], run_id: str, step: int) -> None:
        """Each of these lets that step run now."""
        for rule in sorted(rules):
            self._run(_spend, rule=rule, run_id=run_id, step=step)

    def forget_spendings(self, before: datetime) -> int:
        """Return how many."""
        return self._run(_forget, before=before).rowcount
