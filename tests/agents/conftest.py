"""The systems that shipped agents look things up in, with the seeded customers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.executors.email import SmtpServer
from agents.executors.refund import Billing
from agents.shipped import Systems
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.support.seed import seed


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
