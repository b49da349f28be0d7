"""What people did with what each rule made them look at, and what came of what rules let run.

Gathered from past proposals judged by the policy in force, since only its rules can be changed. All that is kept are counts:
for each rule and action, by whom what was approved unchanged, what was objected to, and in which range its numbers lay.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from pydantic import BaseModel

from policies.conditions.shapes import Fields, Plain, shape_of
from policies.judge import UNMATCHED
from policies.past import Past
from policies.replay import Retold
from storage.records import JsonObject, Outcome

QUICK = 5.0  # seconds; who decides faster than that in most cases does not read
MOST_NAMED = 5  # examples
MOST_KEPT = 500  # rules with actions, groups of people, reasons: what comes beyond is not counted as evidence

STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
LIMITS = tuple(step * 10.0**power for power in range(-2, 9) for step in STEPS)
"""Round numbers, as people write limits: chosen before anything is known of what was decided."""

People = frozenset[str]


@dataclass(frozen=True)
class Subject:
    """A rule, and one action that it is about."""

    rule: str
    action: str


@dataclass
class Pace:
    """How often somebody decided, and how often within `QUICK` seconds."""

    decided: int = 0
    quick: int = 0

    @property
    def hasty(self) -> bool:
        """Whether the median is below `QUICK`."""
        return self.quick * 2 >= self.decided


@dataclass
class Asked:
    """What people did with what one rule made them look at. `clean` counts what was approved unchanged, by the people other
    than the requester who did; `within` the same by argument and by the place of its number among `LIMITS`."""

    proposals: int = 0
    clean: Counter[People] = field(default_factory=Counter)
    within: dict[str, Counter[tuple[int, People]]] = field(default_factory=dict)
    objected: dict[str, float] = field(default_factory=dict)  # by argument, the smallest number that was objected to
    unclear: set[str] = field(default_factory=set)  # arguments of which an objection had no number
    rejected: int = 0
    edited: int = 0
    unanswered: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    pace: dict[str, Pace] = field(default_factory=dict)
    approved: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)

    @property
    def objections(self) -> int:
        """How often people rejected or edited it."""
        return self.rejected + self.edited

    @property
    def decided(self) -> int:
        """How often they said anything."""
        return self.objections + self.clean.total()


@dataclass
class Ran:
    """What came of what one rule let run by itself, and of whatever runs now ended in failure."""

    runs: int = 0
    failed: int = 0
    unknown: int = 0
    examples: list[str] = field(default_factory=list)


class Experience:
    """Everything that was gathered. `seen` names a request for each person who decided, to find out who they are."""

    def __init__(self, actions: Mapping[str, type[BaseModel] | None]) -> None:
        self._numbers = {name: tuple(_numeric(model)) for name, model in actions.items() if model is not None}
        self.asked: dict[Subject, Asked] = {}
        self.ran: dict[Subject, Ran] = {}
        self.seen: dict[str, str] = {}

    def add(self, past: Past, told: Retold) -> None:
        """One more past proposal, and what the policy in force says of it."""
        if told.doubt is not None:
            return
        if told.outcome is Outcome.approve and past.recorded is Outcome.approve:
            if rule := _only(told):
                subject = Subject(rule, past.proposal.action)
                if subject in self.asked or len(self.asked) < MOST_KEPT:
                    self._ask(self.asked.setdefault(subject, Asked()), past)
        elif told.runs and past.recorded in (Outcome.auto, Outcome.log):
            for rule in told.winning:
                subject = Subject(rule, past.proposal.action)
                if subject in self.ran or len(self.ran) < MOST_KEPT:
                    _run(self.ran.setdefault(subject, Ran()), past)

    def _ask(self, asked: Asked, past: Past) -> None:
        asked.proposals += 1
        asked.failed += past.ran in ("failed", "unknown")
        self._pace(asked, past)
        if past.objection is not None:
            self._object(asked, past)
        elif past.decided == "approve" and past.answers:
            self._approve(asked, past)
        else:
            asked.unanswered += 1

    def _approve(self, asked: Asked, past: Past) -> None:
        requester = past.around.requester.key if past.around.requester else None
        people = frozenset(answer.person for answer in past.answers if answer.verb == "approve") - {requester}
        if people not in asked.clean and len(asked.clean) >= MOST_KEPT:
            return
        asked.clean[people] += 1
        _name(asked.approved, past.id)
        for name, number in _numbers(self._numbers, past):
            if number is not None and number >= 0:
                place = bisect_left(LIMITS, number)
                asked.within.setdefault(name, Counter())[place, people] += 1

    def _object(self, asked: Asked, past: Past) -> None:
        asked.rejected += past.objection == "rejected"
        asked.edited += past.objection == "edited"
        _name(asked.against, past.id)
        for answer in past.answers:
            if answer.verb == "reject" and (answer.reason in asked.reasons or len(asked.reasons) < MOST_KEPT):
                asked.reasons[answer.reason or "no reason"] += 1
        for change in past.changes:
            if change.field in asked.fields or len(asked.fields) < MOST_KEPT:
                asked.fields[change.field] += 1
        for name, number in _numbers(self._numbers, past):
            if number is None:
                asked.unclear.add(name)
            else:
                asked.objected[name] = min(number, asked.objected.get(name, number))

    def _pace(self, asked: Asked, past: Past) -> None:
        for answer in past.answers:
            if answer.person not in asked.pace and len(asked.pace) >= MOST_KEPT:
                continue
            pace = asked.pace.setdefault(answer.person, Pace())
            pace.decided += 1
            pace.quick += answer.seconds is None or answer.seconds < QUICK
            if past.request_id is not None:
                self.seen.setdefault(answer.person, past.request_id)


def _only(told: Retold) -> str | None:
    """The one rule that asks people. Where several do, changing one of them changes nothing."""
    if told.rules == (UNMATCHED,):
        return UNMATCHED
    return told.winning[0] if len(told.winning) == 1 else None


def _run(ran: Ran, past: Past) -> None:
    ran.runs += 1
    ran.failed += past.ran == "failed"
    ran.unknown += past.ran == "unknown"
    if past.ran in ("failed", "unknown"):
        _name(ran.examples, past.id)


def _numeric(model: type[BaseModel]) -> Iterator[str]:
    """The arguments that are numbers."""
    shape = shape_of(model)
    for name, inner in shape.fields.items() if isinstance(shape, Fields) else ():
        if isinstance(inner, Plain) and inner.kind in ("int", "double"):
            yield name


def _numbers(known: dict[str, tuple[str, ...]], past: Past) -> Iterator[tuple[str, float | None]]:
    arguments: JsonObject = past.proposal.arguments
    for name in known.get(past.proposal.action, ()):
        yield name, _number(arguments.get(name))


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _name(examples: list[str], id: str) -> None:
    if len(examples) < MOST_NAMED:
        examples.append(id)
