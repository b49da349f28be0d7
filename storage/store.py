"""The Store port: transactions in the words of the domain.

A caller hands over a function; the store runs it inside one transaction and answers after the commit. Everything such a
function does through its `Transaction` commits together or not at all: the state change, its audit row, the jobs it
defers. The function must have no other effect, because a store may run it again when the transaction it shared a commit
with failed. It runs on a database thread, never on the event loop, so it must not await or do I/O of its own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from storage.records import (
    Adoption,
    ApiKey,
    AuditEntry,
    Conversation,
    Decision,
    Delegation,
    Evaluation,
    Execution,
    ExecutionStatus,
    Identity,
    Job,
    JsonObject,
    Message,
    PastProposal,
    Place,
    Request,
    RequestStatus,
    Revision,
    Run,
    RunStatus,
    Step,
    Submission,
)

T = TypeVar("T")


class StorageError(Exception):
    """Base of all errors of this package."""


class StoreBusy(StorageError):
    """The database did not answer in time or is not reachable; nothing was written, the caller may try again."""


class ClockMoved(StoreBusy):
    """The clock that tells this database's time cannot be trusted now; nothing is written until it can."""


class OutcomeUnknown(StorageError):
    """The connection was lost at the commit, so the write may or may not have happened; read before trying again."""


class SchemaOutdated(StorageError):
    """The database's schema is not the one this program needs; `signoff db upgrade` mends it."""


class FileInUse(StorageError):
    """Another process serves this database file."""


class Conflict(StorageError):
    """A row like this exists already, or it refers to one that does not."""


class Unreadable(StorageError):
    """A row holds what no version of this program has written: something else changed it."""


class NotFound(StorageError):
    """No row has that id."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"There is no {kind} {id}.")
        self.kind, self.id = kind, id


class Fenced(StorageError):
    """Another worker has claimed the run since; whatever this one still wanted to write is refused."""


class Transaction(Protocol):
    """What can be done inside one transaction. Conditional writes say with a bool or None whether they took effect."""

    def now(self) -> datetime:
        """The store's time (aware UTC), read now and not when the transaction began."""

    # --- deliveries
    def first_delivery(self, key: str) -> bool:
        """Remember `key`; False if it was remembered before, so this is a redelivery and must have no effect."""

    def forget_deliveries(self, before: datetime) -> int:
        """Forget deliveries remembered before `before`; return how many."""

    # --- runs and their journal
    def add_run(self, run: Run) -> None: ...
    def run(self, id: str) -> Run:
        """Raises NotFound."""

    def runs(
        self,
        *,
        limit: int = 20,
        status: RunStatus | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        after: tuple[datetime, str] | None = None,
    ) -> Sequence[Run]:
        """Newest first, from the one after the `created_at` and id `after`, so that all of them can be walked in pages;
        `since`: only those that began then or later."""

    def find_runs(self, prefix: str) -> Sequence[Run]:
        """At most 3 runs whose id starts with `prefix`, case-insensitive."""

    def claim_run(self, id: str) -> Run | None:
        """`ready` or `running` becomes `running` under the next attempt; None if there is nothing to run."""

    def park_run(self, id: str, attempt: int) -> None:
        """`running` becomes `waiting`. Raises Fenced."""

    def wake_run(self, id: str) -> bool:
        """`waiting` becomes `ready`."""

    def end_run(self, run: Run) -> bool:
        """Write the end (status, output, error, totals) of a run that has not ended yet, fenced by its attempt."""

    def steps(self, run_id: str) -> Sequence[Step]:
        """In order of their numbers."""

    def write_step(self, step: Step, *, attempt: int | None) -> None:
        """Insert the step, or replace it if its number exists and it is not `done` or `failed`.

        `attempt` fences (raises Fenced unless the run is `running` under it); None is for the flow's own writes on a
        parked run.
        """

    # --- requests
    def add_request(self, request: Request, revision: Revision) -> None: ...
    def request(self, id: str) -> Request:
        """Raises NotFound."""

    def find_requests(self, prefix: str) -> Sequence[Request]:
        """At most 3 requests whose id starts with `prefix`, case-insensitive."""

    def requests(
        self,
        *,
        limit: int = 20,
        status: RequestStatus | None = None,
        run_id: str | None = None,
        requester: str | None = None,
    ) -> Sequence[Request]:
        """Newest first."""

    def requests_in_order(
        self, status: RequestStatus, limit: int, *, after: tuple[datetime, str] | None = None, own: bool = False
    ) -> Sequence[Request]:
        """The soonest to expire first, from the one after the `expires_at` and id `after`, so that all of them can be walked
        in pages; `own`: without those of other programs."""

    def revisions(self, request_id: str) -> Sequence[Revision]: ...
    def hold_request(self, id: str, revision: int) -> Request | None:
        """The conditional write that decides: touches and locks the request only if it is `pending`, at `revision` and not
        past `expires_at` by the store's time at this very statement; None otherwise."""

    def revise_request(self, request: Request, revision: Revision) -> None:
        """Store a new revision of a request that this transaction holds."""

    def move_request(
        self, id: str, before: RequestStatus, after: RequestStatus, *, reason: str | None = None
    ) -> Request | None:
        """Status `before` becomes `after`; None if it was not `before`. Leaving `pending` sets `decided_at`."""

    def expire_request(self, id: str) -> Request | None:
        """`pending` and past `expires_at` becomes `expired`; None otherwise."""

    def overdue_requests(self, limit: int) -> Sequence[str]:
        """Ids of `pending` requests past `expires_at`, oldest first."""

    def add_decision(self, decision: Decision) -> bool:
        """False if that person has decided the same on that revision before."""

    def replace_decision(self, id: str, decision: Decision) -> bool:
        """Put a decision in the place of the row `id`, which turned out not to be genuine; False unless that is the same
        answer of the same person to the same revision."""

    def decisions(self, request_id: str) -> Sequence[Decision]: ...

    def due_nudges(self, limit: int) -> Sequence[Request]:
        """`pending` requests whose `nudge_at` has come and that are not past `expires_at`, the longest due first."""

    def nudge_request(self, request: Request, *, next_at: datetime | None, escalate: bool) -> Request | None:
        """Set `nudge_at`, and `escalated_at` to now if `escalate`; None unless `pending` with its `nudge_at` unchanged."""

    def unclaimed_requests(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of requests of other programs that were approved by `before` and whose grant nobody has claimed."""

    def unreported_requests(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of requests of other programs whose grant was claimed by `before` and whose outcome nobody has reported."""

    def posted_requests(self, surface: str, tenant: str, channel: str, limit: int) -> Sequence[Request]:
        """`pending` requests whose card stands in that channel, oldest first."""

    def places_of_cards(self) -> Sequence[Place]:
        """The channels in which cards of `pending` requests stand, each once, in one order."""

    # --- people
    def add_delegation(self, delegation: Delegation) -> None: ...
    def delegations(
        self, *, giver: str | None = None, taker: str | None = None, at: datetime | None = None
    ) -> Sequence[Delegation]:
        """Those of these keys, in force at `at` if it is given, newest first."""

    def end_delegation(self, id: str) -> Delegation | None:
        """Take it back now; None if it was over."""

    def link_identity(self, identity: Identity) -> None:
        """Say which human an account belongs to, instead of what was said before."""

    def unlink_identity(self, key: str) -> bool:
        """False if it was not linked."""

    def identities(self, keys: Collection[str] | None = None) -> Sequence[Identity]:
        """Those of these accounts, or all."""

    def identities_of_humans(self, keys: Collection[str]) -> Sequence[Identity]:
        """Those of the humans to whom these accounts belong. Reads no more than these, however many there are."""

    # --- other programs
    def add_key(self, key: ApiKey) -> None: ...
    def key(self, id: str) -> ApiKey | None: ...
    def keys(self) -> Sequence[ApiKey]:
        """Newest first."""

    def revoke_key(self, id: str) -> ApiKey | None:
        """None if there is none, or it was revoked before."""

    def touch_key(self, id: str) -> None:
        """It was used now."""

    def add_submission(self, submission: Submission) -> Submission | None:
        """Remember it; if that idempotency key of that API key was used before, the submission that stands."""

    def forget_submissions(self, before: datetime) -> int:
        """Forget those made before `before`; return how many."""

    # --- executions
    def claim_execution(self, execution: Execution) -> bool:
        """False if its run's step, or its request, has an execution already: a grant is used once."""

    def execution_of(self, run_id: str, step: int) -> Execution | None: ...
    def executions(self, run_id: str) -> Sequence[Execution]: ...
    def end_execution(
        self, id: str, status: ExecutionStatus, *, receipt: JsonObject | None = None, error: str | None = None
    ) -> Execution | None:
        """`claimed` becomes `status`; None if it was not `claimed` any more."""

    # --- policies that came into force
    def adopt(self, adoption: Adoption) -> bool:
        """False if another one has that number: another replica was first."""

    def adopted(self) -> Adoption | None:
        """The one with the highest number; None before the first."""

    # --- budgets: how often a rule of the policy lets something run by itself
    def hold_budgets(self, rules: Collection[str]) -> None:
        """Wait for every other transaction that holds one of these, and hold them until this one ends: what `spent` says
        from then on stays true until the commit. For writes only."""

    def spent(self, rules: Collection[str], since: datetime, *, but: tuple[str, int] | None = None) -> Mapping[str, int]:
        """How often each of these rules let something run after `since`; `but` is a run and a step that do not count."""

    def spend(self, rules: Collection[str], run_id: str, step: int) -> None:
        """Remember that each of these rules lets that step of that run happen now, instead of when it did before."""

    def forget_spendings(self, before: datetime) -> int:
        """Forget those made before `before`; return how many."""

    # --- evaluations, audit
    def add_evaluation(self, evaluation: Evaluation) -> None: ...
    def evaluations(self, *, limit: int = 100, run_id: str | None = None) -> Sequence[Evaluation]:
        """Newest first."""

    def past_proposals(
        self,
        limit: int,
        *,
        asked: bool,
        since: datetime,
        until: datetime,
        after: tuple[datetime, str] | None = None,
        agent: str | None = None,
        action: str | None = None,
    ) -> Sequence[PastProposal]:
        """What has an evaluation, oldest first, from `since` up to but without `until`, from the one after the `order`
        `after` on. `asked`: what became a request, by when it was asked for; otherwise what did not, by when it ended,
        which is as soon as it ran or was blocked. Raises Unreadable."""

    def audit(
        self,
        event: str,
        *,
        actor: str,
        run_id: str | None = None,
        request_id: str | None = None,
        body: JsonObject | None = None,
    ) -> None:
        """Append to the audit chain. Links are computed when the transaction is about to commit."""

    def audit_entries(
        self, *, after: int = 0, limit: int = 1000, request_id: str | None = None, run_id: str | None = None
    ) -> Sequence[AuditEntry]:
        """In order of `seq`; entries of this very transaction are not among them yet. Raises Unreadable."""

    def audit_head(self) -> AuditEntry | None:
        """The entry with which the chain ends; None while there is none. Raises Unreadable."""

    # --- messages on surfaces
    def add_message(self, message: Message) -> bool:
        """False if the same purpose, subject and channel have a message already."""

    def messages(self, subject: str) -> Sequence[Message]: ...
    def update_message(self, message: Message) -> None: ...

    # --- conversations of surfaces that can only speak where they were spoken to
    def keep_conversation(self, conversation: Conversation) -> None:
        """Insert, or replace the one of the same surface, tenant and id."""

    def conversation(self, surface: str, tenant: str, id: str) -> Conversation | None: ...
    def conversation_with(self, person: str) -> Conversation | None:
        """The newest personal one with the account of that key."""

    def conversations(self, surface: str, tenant: str, *, personal: bool = True, limit: int = 100) -> Sequence[Conversation]:
        """Newest first; without those with one person only, unless `personal`."""

    def forget_conversation(self, surface: str, tenant: str, id: str) -> bool:
        """False if it was not known."""

    # --- jobs
    def defer(self, *jobs: Job) -> None:
        """Add the jobs to this transaction, through the store's Dispatch."""


class Store(Protocol):
    """A database that Signoff's state lives in."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction; return its result after the commit. Raises StoreBusy, and what `work` raises."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on one consistent snapshot without blocking writers. Raises StoreBusy."""

    async def close(self) -> None:
        """Finish what was accepted, then release the database."""
