"""Stories of the support agent."""

from typing import Protocol

import pytest

from agents import shipped
from agents.model import Model
from agents.offline import OfflineModel
from agents.shipped import Systems
from agents.support.reading import Reading
from tests.agents.conftest import systems
from tests.fakes.models import ScriptedModel
from tests.fakes.runs import Story

__all__ = ["Tell", "systems", "tell"]  # also for tests elsewhere that tell these stories


class Tell(Protocol):
    """Starts a story: a ticket read by the offline rules, or as `reading` says."""

    def __call__(self, ticket: str, reading: Reading | None = None, model: Model | None = None) -> Story: ...


@pytest.fixture
def tell(systems: Systems) -> Tell:
    def start(ticket: str, reading: Reading | None = None, model: Model | None = None) -> Story:
        answers = model or (ScriptedModel([reading]) if reading else OfflineModel(shipped.rules()))
        return Story(shipped.agents(systems)["support"], shipped.actions(systems), answers, ticket)

    return start
