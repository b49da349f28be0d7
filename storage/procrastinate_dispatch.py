"""Dispatch on PostgreSQL, by Procrastinate: any number of processes share the jobs, and take over those of a dead one.

Jobs are deferred inside the transactions of the Store (`signoff_defer` in the first migration). Here they are run. All of
them are one Procrastinate task that looks up the handler by name, so a job that only a newer version of Signoff knows is
tried again later instead of failing at once (https://procrastinate.readthedocs.io/en/stable/).
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from storage.dispatch import MOST_ATTEMPTS, Handler, NoHandler, TryLater, pause
from storage.procrastinate_jobs import PatientJobs
from storage.store import StoreBusy

QUEUE = "signoff"
CONCURRENCY = 16
CONNECTIONS = 4
POLL = 1.0  # seconds between looks for due times; jobs without one are announced by NOTIFY
GRACE = 5.0  # seconds that running jobs are given when the dispatch is told to stop
# The work of a dead process goes on elsewhere within 10 seconds. A process that only stalled that long loses what it had in
# hand, and whatever it then still writes is fenced: cheaper than to have people wait for a longer silence.
HEARTBEAT = 2.0  # seconds
MISSED = 3  # heartbeats
KEPT = 30 * 24  # hours that jobs set aside are kept
FORGETTING = 3600.0  # seconds between looks for jobs that were kept long enough

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProcrastinateDispatch:
    """The Dispatch port on PostgreSQL. A process that missed three of its heartbeats, in seconds, counts as dead."""

    dsn: str
    heartbeat: float = HEARTBEAT

    async def serve(self, handlers: Mapping[str, Handler]) -> None:
        """Run jobs until cancelled, through outages of the database."""
        while not _told_to_stop():
            try:
                async with self._crew(handlers) as crew:
                    await crew.serve()
            except (ConnectorException, psycopg.Error) as lost:
                logger.warning("Jobs rest because the database does not answer: %s", lost.__cause__ or lost)
            await asyncio.sleep(POLL)

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        """Run jobs until none is due; return how many ran. Raises StoreBusy."""
        try:
            async with self._crew(handlers) as crew:
                await crew.drain()
        except (ConnectorException, psycopg.Error) as error:
            raise StoreBusy(f"The database did not answer: {error.__cause__ or error}") from error
        return crew.ran

    @asynccontextmanager
    async def _crew(self, handlers: Mapping[str, Handler]) -> AsyncIterator["_Crew"]:
        connector = PsycopgConnector(conninfo=self.dsn, min_size=1, max_size=CONNECTIONS)
        app, jobs = App(connector=connector), PatientJobs(connector)
        app.job_manager = jobs
        async with app.open_async():
            yield _Crew(app, jobs, handlers, self.heartbeat)


class _Crew:
    """One worker: what it knows how to do, and what it does when that fails."""

    def __init__(self, app: App, jobs: PatientJobs, handlers: Mapping[str, Handler], heartbeat: float) -> None:
        self._app, self._jobs, self._handlers, self._heartbeat = app, jobs, handlers, heartbeat
        self.ran = 0
        app.task(name="signoff", queue=QUEUE, pass_context=True, retry=_Again())(self._run)

    async def serve(self) -> None:
        """Work until cancelled or until the database is lost."""
        tidying = asyncio.create_task(self._tidy())
        try:
            await self._work(wait=True)
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)

    async def drain(self) -> None:
        """Work until nothing is due."""
        before = -1
        while before < self.ran:
            before = self.ran
            await self._work(wait=False)

    async def _work(self, *, wait: bool) -> None:
        await self._app.run_worker_async(
            queues=[QUEUE],
            concurrency=CONCURRENCY,
            wait=wait,
            listen_notify=wait,
            fetch_job_polling_interval=POLL,
            shutdown_graceful_timeout=GRACE,
            update_heartbeat_interval=self._heartbeat,
            stalled_worker_timeout=MISSED * self._heartbeat,
            delete_jobs="successful",
            install_signal_handlers=False,
        )

    async def _run(self, context: JobContext, /, task: str, payload: str, error: str = "") -> None:
        """The one Procrastinate task. `error` is what set the job aside, if it comes back from there."""
        self.ran += 1
        job = context.job
        try:
            handler = self._handlers.get(task)
            if handler is None:
                raise NoHandler(f"Nothing here knows how to do {task!r}.")
            await handler(json.loads(payload))
        except (TryLater, asyncio.CancelledError):
            await self._jobs.uncount(job)
            raise
        except Exception as failure:
            await self._failed(job, task, failure)
            raise

    async def _failed(self, job: Job, task: str, failure: Exception) -> None:
        said = f"{type(failure).__name__}: {failure}"
        if job.attempts + 1 < MOST_ATTEMPTS:
            logger.warning("Job %s %s failed and will be tried again: %s", task, job.id, said, exc_info=failure)
        else:
            logger.error("Job %s %s failed too often, set aside: %s", task, job.id, said, exc_info=failure)
            await self._jobs.keep_error(job, said)

    async def _tidy(self) -> None:
        """Take over the jobs of dead processes, and forget what was set aside long ago."""
        dead, forget = MISSED * self._heartbeat, 0.0
        while not _told_to_stop():
            try:
                await self._jobs.beat()
                for job in await self._jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=dead):
                    await self._take_over(job)
                await self._jobs.prune_stalled_workers(dead)
                if time.monotonic() >= forget:
                    await self._forget()
                    forget = time.monotonic() + FORGETTING
            except ConnectorException as error:
                logger.warning("Jobs of dead processes wait: %s", error.__cause__ or error)
            await asyncio.sleep(self._heartbeat)

    async def _forget(self) -> None:
        await self._jobs.delete_old_jobs(
            KEPT, queue=QUEUE, include_failed=True, include_cancelled=True, include_aborted=True
        )

    async def _take_over(self, job: Job) -> None:
        """A job that its process did not survive again and again is set aside like one that failed."""
        if not await self._jobs.claim_stalled(job):
            return
        if job.attempts + 1 < MOST_ATTEMPTS:
            logger.warning("Job %s runs again because its process ended while it ran.", job.id)
            await self._jobs.retry_job(job)
        else:
            logger.error("Job %s ended its process too often, set aside.", job.id)
            await self._jobs.finish_job(job, Status.FAILED, delete_job=False)


def _told_to_stop() -> bool:
    """Whether this task was cancelled. The exception alone does not tell: `asyncio.wait_for` of Python 3.11, by which
    psycopg waits, drops it if a connection is lost at that moment (https://github.com/python/cpython/issues/86296)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Again(BaseRetryStrategy):
    """When a job that was left by an exception runs again; None for never."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """As the Dispatch port says."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=datetime.now(UTC))
        if isinstance(exception, TryLater):
            return RetryDecision(retry_at=datetime.now(UTC) + exception.delay)
        attempts = job.attempts + 1
        return RetryDecision(retry_at=datetime.now(UTC) + pause(attempts)) if attempts < MOST_ATTEMPTS else None
