"""A crew whose connections are lost while it is told to stop still stops."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.testing import InMemoryConnector

from storage.procrastinate_dispatch import _Crew
from storage.procrastinate_jobs import PatientJobs


class Losing(PatientJobs):
    """Everything waits for the database until it is lost, which is all that is heard then: no word of a cancellation."""

    def __init__(self, connector: InMemoryConnector) -> None:
        super().__init__(connector)
        self.lost = asyncio.Event()
        self.looking = asyncio.Event()

    async def register_worker(self) -> int:
        await self.lost.wait()
        raise ConnectorException

    async def get_stalled_jobs(self, *args: Any, **kwargs: Any) -> Iterable[Job]:
        again = self.looking.is_set()
        self.looking.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if again:
                raise
            raise ConnectorException from None
        return []


async def test_a_cancellation_that_a_lost_connection_hides_still_ends_the_tidying() -> None:
    app = App(connector=InMemoryConnector())
    jobs = Losing(InMemoryConnector())
    app.job_manager = jobs
    crew = asyncio.create_task(_Crew(app, jobs, {}, heartbeat=0.01).serve())
    await jobs.looking.wait()
    jobs.lost.set()
    done, _ = await asyncio.wait([crew], timeout=5)
    crew.cancel()
    assert done, "it hangs, and no job runs any more"
    with pytest.raises(ConnectorException):
        crew.result()
