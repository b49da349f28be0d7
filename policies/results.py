"""What came of a policy's tests. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from policies.cases import Case, Expected
from policies.circumstances import Circumstances
from policies.judge import Judge, Judgement
from storage.records import JsonObject, Person, Proposal, Verdict


@dataclass(frozen=True)
class Miss:
    """A part of a verdict that is not as a test expects it, both in words."""

    part: str
    expected: str
    found: str


@dataclass(frozen=True)
class Result:
    """What the policy said in one test. It is passed where nothing was missed."""

    case: Case
    judgement: Judgement
    misses: tuple[Miss, ...]

    @property
    def passed(self) -> bool:
        """Whether the policy said what is expected of it."""
        return not self.misses

    def why(self) -> Iterator[str]:
        """How the verdict came about: its reasons, then each rule about the action that does not count, and why."""
        yield from self.judgement.verdict.reasons
        for finding in self.judgement.findings:
            if finding.because:
                yield f"Rule “{finding.rule.name}” does not count: {finding.because}."


def results(cases: Sequence[Case], judge: Judge) -> tuple[Result, ...]:
    """One result for each test."""
    return tuple(result_of(case, judge) for case in cases)


def result_of(case: Case, judge: Judge) -> Result:
    """What the judge says in one test. Its arguments fit their model: `file.load` has looked at them."""
    proposal = Proposal(
        action=case.action, arguments=_normal(case.args, judge.actions.get(case.action)), target=case.target,
        summary=case.name, evidence=case.evidence, risk=case.risk,
    )  # fmt: skip
    requester = None if case.requester is None else _person(case.requester)
    around = Circumstances(case.agent, case.at, case.environment, requester, spent=case.spent)
    judgement = judge.weigh(proposal, around)
    return Result(case, judgement, tuple(_misses(case.expect, judgement.verdict)))


def _normal(arguments: JsonObject, model: type[BaseModel] | None) -> JsonObject:
    """Arguments in the form in which real ones are judged."""
    return arguments if model is None else model.model_validate(arguments).model_dump(mode="json")


def _person(written: str) -> Person:
    if "@" in written and ":" not in written:
        return Person(key=f"mail:unknown:{written}", name=written, email=written)
    return Person(key=written, name=written)


def _misses(expected: Expected, verdict: Verdict) -> Iterator[Miss]:
    found = _found(verdict)
    for part in expected.model_fields_set:
        wanted = getattr(expected, part)
        if wanted is not None and _compared(wanted) != _compared(found[part]):
            yield Miss(part, _in_words(wanted), _in_words(found[part]))


def _found(verdict: Verdict) -> Mapping[str, object]:
    return {
        "verdict": verdict.outcome, "risk": verdict.risk, "rules": verdict.rules, "reviewers": verdict.reviewers,
        "escalate_to": verdict.escalate_to, "quorum": verdict.quorum, "expires_in": verdict.expires_in,
        "edit": "allowed" if verdict.editable else "forbidden",
    }  # fmt: skip


def _compared(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _in_words(value: object) -> str:
    return (", ".join(map(str, sorted(value))) or "nobody") if isinstance(value, tuple) else str(value)
