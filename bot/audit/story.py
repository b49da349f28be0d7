"""The whole story of a request from its rows, and whether the rows agree with each other and with the audit chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from agents.actions import Actions
from bot.cards.build import card_of
from bot.cards.card import Card
from bot.flow.execute import execution_of
from storage.records import AuditEntry, Decision, Execution, Message, Request, RequestStatus, Revision, Run
from storage.redaction import Cover
from storage.store import StorageError, Transaction, Unreadable

PAGE = 1000


class NoSuchRequest(StorageError):
    """No request, or more than one, begins like this."""


@dataclass(frozen=True)
class Story:
    """All rows about one request, read in one snapshot. `entries` are its audit entries and those of its run."""

    request: Request
    run: Run
    revisions: Sequence[Revision]
    decisions: Sequence[Decision]
    execution: Execution | None
    messages: Sequence[Message]
    entries: Sequence[AuditEntry]

    def card(self, actions: Actions) -> Card:
        """The card as it stands."""
        return card_of(actions, self.request, self.revisions, self.decisions, self.execution)

    def cover(self, actions: Actions) -> Cover:
        """What hides this story's secrets."""
        return actions.cover(self.request.action, *(each.arguments for each in self.revisions), self.request.arguments)

    def scenes(self) -> Iterator["Story"]:
        """The story as it stood each time that a revision was put before people."""
        for revision in self.revisions:
            if self._waited(revision):
                yield self._until(revision)

    def _waited(self, revision: Revision) -> bool:
        """Whether people were asked about this revision, other than by the edit that made and approved it."""
        last = revision.number == self.request.revision
        asked = any(each.revision == revision.number and each.verb != "edit" for each in self.decisions)
        undecided = self.request.status in (RequestStatus.expired, RequestStatus.cancelled)
        return revision.number == 1 or not last or asked or undecided

    def _until(self, revision: Revision) -> "Story":
        shown = [each for each in self.revisions if each.number <= revision.number]
        soonest = min(each.created_at + timedelta(seconds=each.verdict.expires_in) for each in shown)
        request = self.request.model_copy(
            update={
                "revision": revision.number, "arguments": revision.arguments, "target": revision.target,
                "verdict": revision.verdict, "fingerprint": revision.fingerprint, "status": RequestStatus.pending,
                "reason": None, "decided_at": None, "expires_at": soonest,
            }
        )  # fmt: skip
        made = [each for each in self.decisions if each.revision == revision.number and each.verb == "edit"]
        before = [*(each for each in self.decisions if each.revision < revision.number), *made]
        return Story(request, self.run, shown, before, None, self.messages, self.entries)


def find(tx: Transaction, typed: str) -> Request:
    """The request with that id, or the only one whose id begins so. Raises NoSuchRequest."""
    prefix = typed.strip().lower()
    found = tx.find_requests(prefix if prefix.startswith("req_") else f"req_{prefix}")
    if len(found) != 1:
        how_many = "More than one request begins" if found else "There is no request that begins"
        raise NoSuchRequest(f"{how_many} with {typed!r}.")
    return found[0]


def story(tx: Transaction, typed: str) -> Story:
    """Everything about the request that an id, or its beginning, names. Raises NoSuchRequest, Unreadable."""
    try:
        return _read(tx, find(tx, typed))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"A row about this request holds what Signoff never wrote: {error}") from error


def _read(tx: Transaction, request: Request) -> Story:
    return Story(
        request,
        tx.run(request.run_id),
        tx.revisions(request.id),
        tx.decisions(request.id),
        execution_of(tx, request),
        tx.messages(request.id),
        [entry for entry in _entries(tx, request.run_id) if _is_about(entry, request)],
    )


def _entries(tx: Transaction, run_id: str) -> Iterator[AuditEntry]:
    after = 0
    while page := tx.audit_entries(after=after, limit=PAGE, run_id=run_id):
        yield from page
        after = page[-1].seq


def _is_about(entry: AuditEntry, request: Request) -> bool:
    return entry.request_id == request.id or (entry.request_id is None and entry.event.startswith("run."))
