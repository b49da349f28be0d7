"""What the pages read: the rows of what somebody wants to see, if it is theirs to see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.audit.story import Story, story
from bot.cards.build import notice_of
from bot.cards.card import Notice
from bot.flow.signoff import Signoff
from bot.pages.access import MOST, Concern, Eyes, concern_of, eyes_of, groups_of
from bot.pages.links import Visitor
from bot.pages.secrecy import cover_for
from bot.traces.build import Rows
from bot.traces.read import rows_of
from storage.records import Request, Run, RunStatus
from storage.redaction import Cover
from storage.store import NotFound, Transaction

T = TypeVar("T")

PAGE = 25  # runs of one page
SCANNED = 100  # runs that are read at a time
FURTHEST = 500  # runs that are looked through for one page

Cursor = tuple[datetime, str]


class NotYours(Exception):
    """There is nothing of that id, or it is none of this person's business, which is the same to them."""


@dataclass(frozen=True)
class Wanted:
    """Which runs somebody looks for. `id`: how the id of the run, or of one of its requests, begins."""

    agent: str | None = None
    status: RunStatus | None = None
    since: datetime | None = None
    id: str | None = None
    after: Cursor | None = None


@dataclass(frozen=True)
class Line:
    """One run of the list."""

    run: Run
    notice: Notice
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Listed:
    """One page of the list. `next` is where the following page begins; None at the end."""

    lines: tuple[Line, ...]
    next: Cursor | None


@dataclass(frozen=True)
class _Seen:
    line: Line
    concern: Concern


class Room:
    """Reads for one visitor after another. Raises StorageError."""

    def __init__(self, signoff: Signoff, readers: tuple[str, ...]) -> None:
        self._signoff, self._readers = signoff, readers

    async def runs(self, visitor: Visitor, wanted: Wanted) -> Listed:
        """The newest of those that the visitor may see."""
        eyes = await self._eyes(visitor)
        lines: list[Line] = []
        after, looked = wanted.after, 0
        while looked < FURTHEST:
            found = await self._signoff.store.read(lambda tx: self._page(tx, replace(wanted, after=after)))  # noqa: B023
            eyes = await self._with_groups(eyes, [each.concern for each in found])
            for each in found:
                if eyes.see(each.concern):
                    lines.append(each.line)
                if len(lines) == PAGE:
                    more = wanted.id is None and (each is not found[-1] or len(found) == SCANNED)
                    return Listed(tuple(lines), _at(each.line.run) if more else None)
            if len(found) < SCANNED or wanted.id is not None:
                return Listed(tuple(lines), None)
            after, looked = _at(found[-1].line.run), looked + len(found)
        return Listed(tuple(lines), after)

    async def run(self, visitor: Visitor, id: str) -> tuple[Rows, Notice, Cover]:
        """One run with everything that is kept of it, and what hides its secrets. Raises NotYours."""

        def look(tx: Transaction) -> tuple[Rows, Notice, Cover, Concern]:
            rows = rows_of(tx, tx.run(id))
            requests = [each.request for each in rows.asked.values()]
            notice = notice_of(self._signoff.actions, rows.run, requests, ())
            cover = cover_for(self._signoff.actions, rows, tx.executions(id))
            return rows, notice, cover, concern_of(tx, rows.run, requests)

        rows, notice, cover, concern = await self._found(look)
        await self._admit(visitor, concern)
        return rows, notice, cover

    async def request(self, visitor: Visitor, id: str) -> Story:
        """One request with its whole story. Raises NotYours."""

        def look(tx: Transaction) -> tuple[Story, Concern]:
            tx.request(id)  # the whole id, not the beginning of one
            told = story(tx, id)
            return told, concern_of(tx, told.run, tx.requests(limit=MOST, run_id=told.run.id))

        told, concern = await self._found(look)
        await self._admit(visitor, concern)
        return told

    async def _found(self, look: Callable[[Transaction], T]) -> T:
        try:
            return await self._signoff.store.read(look)
        except NotFound as error:
            raise NotYours(str(error)) from error

    async def _admit(self, visitor: Visitor, concern: Concern) -> None:
        eyes = await self._with_groups(await self._eyes(visitor), [concern])
        if not eyes.see(concern):
            raise NotYours

    async def _eyes(self, visitor: Visitor) -> Eyes:
        return await self._signoff.store.read(lambda tx: eyes_of(tx, visitor, self._readers))

    async def _with_groups(self, eyes: Eyes, concerns: Sequence[Concern]) -> Eyes:
        asked = {*self._readers, *(name for each in concerns for name in each.asked)} - set(eyes.groups or ())
        return replace(eyes, groups={**(eyes.groups or {}), **await groups_of(self._signoff, sorted(asked))})

    def _page(self, tx: Transaction, wanted: Wanted) -> list[_Seen]:
        return [self._seen(tx, run) for run in _runs(tx, wanted)]

    def _seen(self, tx: Transaction, run: Run) -> _Seen:
        requests = tx.requests(limit=MOST, run_id=run.id)
        notice = notice_of(self._signoff.actions, run, requests, ())
        return _Seen(Line(run, notice, tuple(requests)), concern_of(tx, run, requests))


def _runs(tx: Transaction, wanted: Wanted) -> Sequence[Run]:
    if wanted.id is None:
        return tx.runs(limit=SCANNED, status=wanted.status, agent=wanted.agent, since=wanted.since, after=wanted.after)
    return [run for run in _named(tx, wanted.id) if _fits(run, wanted)]


def _named(tx: Transaction, id: str) -> Sequence[Run]:
    """The few runs whose id, or whose request's id, begins so."""
    if id.startswith("req_"):
        return [tx.run(run) for run in dict.fromkeys(each.run_id for each in tx.find_requests(id))]
    return tx.find_runs(id if id.startswith("run_") else f"run_{id}")


def _fits(run: Run, wanted: Wanted) -> bool:
    return (
        wanted.status in (None, run.status)
        and wanted.agent in (None, run.agent)
        and (wanted.since is None or run.created_at >= wanted.since)
    )


def _at(run: Run) -> Cursor:
    return run.created_at, run.id
