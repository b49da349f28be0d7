"""How Procrastinate records what became of a job, where Signoff needs more of it than it does by itself."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import psycopg
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

PATIENCE = 30  # seconds; by then other processes have long taken the job over, unless they cannot reach the database either

_TWIN = """
    DELETE FROM procrastinate_jobs WHERE status = 'todo'
    AND queueing_lock = (SELECT queueing_lock FROM procrastinate_jobs WHERE id = %(job)s)
"""
_CLAIM = """
    UPDATE procrastinate_jobs SET worker_id = NULL
    WHERE id = %(job)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s RETURNING id
"""
_UNCOUNT = "UPDATE procrastinate_jobs SET attempts = attempts - 1 WHERE id = %(job)s AND status = 'doing'"
_ERROR = "UPDATE procrastinate_jobs SET args = args || jsonb_build_object('error', %(error)s::text) WHERE id = %(job)s"

logger = logging.getLogger(__name__)


class PatientJobs(JobManager):
    """A JobManager that holds out through a short outage: a job whose end is not recorded would hold its lock for ever."""

    worker: int | None = None  # by what number the database knows the worker of this process

    async def register_worker(self) -> int:
        """Tell the database of a new worker."""
        self.worker = await super().register_worker()
        return self.worker

    async def beat(self) -> None:
        """Show that this process lives, so that its own jobs and worker are not taken for a dead one's."""
        if self.worker is not None:
            await self.update_heartbeat(self.worker)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take a job, again if two workers went for the same lock at once."""
        while True:
            try:
                return await super().fetch_job(queues, worker_id)
            except UniqueViolation:
                await asyncio.sleep(0)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Record the end of a job."""
        await _patiently(job, lambda: super(PatientJobs, self).finish_job(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let the job wait again in its old place; a younger one with its key is not needed any more."""

        async def put_back() -> None:
            if job.queueing_lock is not None:
                await self.connector.execute_query_async(_TWIN, job=job.id)
            await super(PatientJobs, self).retry_job(job, retry_at, priority, queue, lock)

        await _patiently(job, put_back)

    async def claim_stalled(self, job: Job) -> bool:
        """Whether a stalled job is still as it was found: of several processes that found it, one takes it over."""
        return bool(await self.connector.execute_query_all_async(_CLAIM, job=job.id, worker=job.worker_id))

    async def uncount(self, job: Job) -> None:
        """Let the try that goes on now not count as a failure."""
        await self.connector.execute_query_async(_UNCOUNT, job=job.id)

    async def keep_error(self, job: Job, error: str) -> None:
        """Write why the job failed beside its arguments."""
        await self.connector.execute_query_async(_ERROR, job=job.id, error=error.replace("\x00", "\ufffd"))


async def _patiently(job: Job, record: Callable[[], Awaitable[None]]) -> None:
    """Try until it is recorded, by us or by another worker that took the job over. Raises ConnectorException."""
    for rest in range(PATIENCE, -1, -1):
        try:
            await record()
        except UniqueViolation:  # yet another job with its key was added in between
            continue
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.errors.RaiseException):
                logger.info("Job %s was ended or taken over by another worker.", job.id)
                return
            if not rest:
                raise
            logger.warning("What became of job %s could not be recorded yet: %s", job.id, error.__cause__ or error)
            await asyncio.sleep(1)
        else:
            return
