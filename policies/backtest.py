"""What another policy would have made of past proposals, beside the one in force and beside what people decided.

What people decided is the truth: where the candidate would have run by itself what they rejected or edited, it contradicts
them, and that is said first. All counts are kept in the memory of their names, whatever the length of the history.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from policies.past import Past
from policies.replay import Retold
from storage.records import Outcome

MOST_LISTED = 500  # contradictions that are told one by one; all are counted
MOST_NAMED = 5  # examples of each other thing
MOST_ROWS = 200  # actions with a row of their own
ATTENTION = 300.0  # seconds of one answer's time that count as somebody's work; the rest they did something else

OTHERS = "(other actions)"

Kind = Literal["auto", "log", "approve", "block", "unchanged"]
KINDS: tuple[Kind, ...] = ("auto", "log", "approve", "block", "unchanged")


@dataclass(frozen=True)
class Compared:
    """One past proposal under both policies."""

    past: Past
    now: Retold
    candidate: Retold

    @property
    def kind(self) -> Kind:
        """What the candidate newly does with it, if anything."""
        return "unchanged" if self.candidate.outcome is self.now.outcome else self.candidate.outcome.value

    @property
    def contradicts(self) -> bool:
        """Whether the candidate would have run by itself what people rejected or edited."""
        return self.candidate.runs and self.past.objection is not None

    @property
    def saves(self) -> bool:
        """Whether people would not have been asked whom the policy in force asks."""
        return self.now.outcome is Outcome.approve and self.candidate.runs


@dataclass
class Row:
    """The counts of one action: what each policy says of it, and what the candidate changes."""

    now: Counter[Outcome] = field(default_factory=Counter)
    candidate: Counter[Outcome] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)
    contradictions: int = 0

    @property
    def proposals(self) -> int:
        """How many there were."""
        return self.now.total()


@dataclass
class Saved:
    """What people would not have been asked: proposals, the answers that they gave to them, and what these took.

    `seconds` counts `ATTENTION` at most for each answer, since a card also lies about while nobody looks at it.
    """

    reviews: int = 0
    answers: int = 0
    seconds: float = 0.0

    @property
    def minutes(self) -> float:
        """The same in minutes."""
        return self.seconds / 60


@dataclass
class Backtest:
    """Everything that is counted of a comparison. `add` is the only thing that changes it."""

    proposals: int = 0
    first: datetime | None = None
    last: datetime | None = None
    contradictions: list[Compared] = field(default_factory=list)
    contradicted: int = 0
    newly_contradicted: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    flows: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)
    examples: dict[Kind, list[str]] = field(default_factory=dict)
    saved: Saved = field(default_factory=Saved)
    unanswered: int = 0
    unclaimed: int = 0
    judged_otherwise: int = 0
    doubted: int = 0
    doubts: Counter[str] = field(default_factory=Counter)

    def add(self, compared: Compared) -> None:
        """Count one more."""
        past, kind = compared.past, compared.kind
        self.proposals += 1
        self.first, self.last = self.first or past.at, past.at
        self.flows[compared.now.outcome, compared.candidate.outcome] += 1
        self.kinds[kind] += 1
        _example(self.examples.setdefault(kind, []), past.id)
        self._count_row(compared)
        self.judged_otherwise += compared.now.outcome is not past.recorded
        self.unanswered += compared.candidate.runs and past.unanswered
        self.unclaimed += compared.candidate.runs and not past.claimed
        self._count_doubt(compared)
        if compared.contradicts:
            self._contradict(compared)
        if compared.saves:
            self._save(past)

    def _count_row(self, compared: Compared) -> None:
        action = compared.past.proposal.action
        name = action if action in self.rows or len(self.rows) < MOST_ROWS else OTHERS
        row = self.rows.setdefault(name, Row())
        row.now[compared.now.outcome] += 1
        row.candidate[compared.candidate.outcome] += 1
        row.kinds[compared.kind] += 1
        row.contradictions += compared.contradicts

    def _count_doubt(self, compared: Compared) -> None:
        doubts = {told.doubt for told in (compared.now, compared.candidate) if told.doubt is not None}
        self.doubted += bool(doubts)
        for doubt in doubts:
            known = doubt in self.doubts or len(self.doubts) < MOST_ROWS
            self.doubts[doubt if known else "for other reasons"] += 1

    def _contradict(self, compared: Compared) -> None:
        self.contradicted += 1
        self.newly_contradicted += not compared.now.runs
        if len(self.contradictions) < MOST_LISTED:
            self.contradictions.append(compared)

    def _save(self, past: Past) -> None:
        self.saved.reviews += 1
        self.saved.answers += len(past.answers)
        self.saved.seconds += sum(min(answer.seconds or 0.0, ATTENTION) for answer in past.answers)


def backtest(compared: Iterable[Compared]) -> Backtest:
    """Count them all."""
    counted = Backtest()
    for each in compared:
        counted.add(each)
    return counted


def _example(examples: list[str], id: str) -> None:
    if len(examples) < MOST_NAMED:
        examples.append(id)
