"""A desk with the seeded customers, and stories of the support agent at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from agents import shipped
from agents.executors.email import SmtpServer
from agents.executors.refund import Billing
from agents.model import Model
from agents.offline import OfflineModel
from agents.shipped import Systems
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.support.reading import Reading
from agents.support.seed import seed
from tests.fakes.models import ScriptedModel
from tests.fakes.runs import Story


class Tell(Protocol):
    """Starts a story: a ticket read by the offline rules, or as `reading` says."""

    def __call__(self, ticket: str, reading: Reading | None = None, model: Model | None = None) -> Story: ...


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Systems]:
    customers = Customers(f"sqlite:///{tmp_path / 'customers.db'}")
    customers.prepare()
    seed(customers)
    # No effect is run here, so nobody listens at these addresses.
    systems = Systems(
        SmtpServer("127.0.0.1", 9, "support@lamps.example"), Billing("http://127.0.0.1:9", "key"), customers, Knowledge()
    )
    yield systems
    systems.close()


@pytest.fixture
def tell(systems: Systems) -> Tell:
    def start(ticket: str, reading: Reading | None = None, model: Model | None = None) -> Story:
        answers = model or (ScriptedModel([reading]) if reading else OfflineModel(shipped.rules()))
        return Story(shipped.agents(systems)["support"], shipped.actions(systems), answers, ticket)

    return start
