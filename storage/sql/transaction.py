"""One transaction: all parts of the Store port on one connection. What differs between databases is left open."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime

from storage.records import Job
from storage.sql.audit import AuditRows
from storage.sql.budgets import BudgetRows
from storage.sql.conversations import ConversationRows
from storage.sql.executions import ExecutionRows
from storage.sql.past import PastRows
from storage.sql.people import PeopleRows
from storage.sql.policies import PolicyRows
from storage.sql.programs import ProgramRows
from storage.sql.requests import RequestRows
from storage.sql.runs import RunRows


class SqlTransaction(
    RunRows,
    RequestRows,
    PeopleRows,
    ProgramRows,
    ExecutionRows,
    PastRows,
    PolicyRows,
    BudgetRows,
    AuditRows,
    ConversationRows,
    ABC,
):
    """A transaction of the Store port."""

    @abstractmethod
    def now(self) -> datetime:
        """The store's time, aware UTC."""

    @abstractmethod
    def hold_budgets(self, rules: Collection[str]) -> None:
        """No other transaction that holds one of these goes on until this one ends."""

    @abstractmethod
    def defer(self, *jobs: Job) -> None:
        """Add the jobs to this transaction."""

    @abstractmethod
    def finish(self) -> None:
        """Write what was left for the end: the last thing that happens before the commit."""
