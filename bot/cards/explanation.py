"""Why a policy says what it says of one proposal: a judgement with everything that people and programs want to see. Pure.

What is secret in the arguments is covered everywhere, also where a condition looked at it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents.actions import Actions
from bot.cards.looked_at import Seen, looked_at, values_of
from bot.cards.who import who
from policies.circumstances import Circumstances
from policies.conditions.condition import Failed
from policies.findings import Asked, Finding
from policies.judge import UNMATCHED, Judgement
from storage.records import JsonObject, Outcome, Proposal, Verdict
from storage.redaction import Cover


@dataclass(frozen=True)
class ConditionTold:
    """A condition, its answer (None where it failed, and `failed` why), and what it looked at."""

    part: str
    text: str
    answer: bool | None
    failed: str | None
    seen: tuple[Seen, ...]

    @property
    def shown(self) -> tuple[Seen, ...]:
        """What is worth showing of it: why a condition failed says already what is not known."""
        return tuple(seen for seen in self.seen if seen.known or self.failed is None)


@dataclass(frozen=True)
class RuleTold:
    """A rule about the action: whether it counts, and if it does not, `because` of what."""

    name: str
    says: Outcome
    counts: bool
    because: str | None
    conditions: tuple[ConditionTold, ...]


@dataclass(frozen=True)
class Explanation:
    """What a policy says of one proposal and why. `arguments` are as they may be shown; `remarks` are what somebody should
    know besides."""

    action: str
    arguments: JsonObject
    target: str
    around: Circumstances
    verdict: Verdict
    reasons: tuple[str, ...]
    rules: tuple[RuleTold, ...]
    remarks: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Who would be asked, where and for how long, in sentences."""
        return tuple(who(self.verdict, self.around.requester))


def explanation(
    actions: Actions, proposal: Proposal, around: Circumstances, judgement: Judgement, *remarks: str
) -> Explanation:
    """The explanation of a judgement."""
    cover = actions.cover(proposal.action, proposal.arguments)
    arguments = actions.covered(proposal.action, proposal.arguments, cover)
    values = values_of(proposal, around, actions.models.get(proposal.action))
    sight = _Sight({**values, "args": {**values["args"], **_hidden(proposal.arguments, arguments)}}, cover)
    return Explanation(
        action=proposal.action,
        arguments=arguments,
        target=cover(proposal.target),
        around=around,
        verdict=judgement.verdict,
        reasons=tuple(map(cover, judgement.verdict.reasons)),
        rules=tuple(sight.told(finding) for finding in judgement.findings),
        remarks=(*remarks, *_budgets(judgement), *_depends(judgement, around)),
    )


def as_json(told: Explanation) -> JsonObject:
    """The explanation for programs."""
    around, verdict = told.around, told.verdict
    return {
        "action": told.action,
        "args": told.arguments,
        "target": told.target or None,
        "agent": around.agent,
        "requester": (around.requester.email or around.requester.key) if around.requester else None,
        "environment": around.environment,
        "time": around.at.isoformat(timespec="seconds"),
        "verdict": verdict.outcome,
        "risk": verdict.risk,
        "reasons": list(told.reasons),
        "rules": fired(verdict),
        "about": [_rule(rule) for rule in told.rules],
        "quorum": verdict.quorum,
        "reviewers": list(verdict.reviewers),
        "exclude_requester": verdict.exclude_requester,
        "editable": verdict.editable,
        "channels": list(verdict.channels),
        "log_channels": list(verdict.log_channels),
        "expires_in": verdict.expires_in,
        "reminders": [round(share * verdict.expires_in) for share in verdict.reminders],
        "escalate_to": list(verdict.escalate_to),
        "escalate_after": verdict.escalate_after,
        "people": list(told.people),
        "remarks": list(told.remarks),
        "policy_version": verdict.policy_version,
    }


def fired(verdict: Verdict) -> list[Any]:
    """The names of the rules that counted."""
    return [rule for rule in verdict.rules if rule != UNMATCHED]


@dataclass(frozen=True)
class _Sight:
    """What conditions could look at, as it may be shown."""

    values: dict[str, Any]
    cover: Cover

    def told(self, finding: Finding) -> RuleTold:
        rule = finding.rule
        conditions = tuple(map(self._condition, finding.asked))
        return RuleTold(rule.name, rule.verdict, finding.counts, finding.because, conditions)

    def _condition(self, asked: Asked) -> ConditionTold:
        failed = self.cover(asked.answer.why) if isinstance(asked.answer, Failed) else None
        answer = None if isinstance(asked.answer, Failed) else asked.answer
        seen = tuple(map(self._covered, looked_at(asked.condition, self.values)))
        return ConditionTold(asked.part, " ".join(asked.condition.split()), answer, failed, seen)

    def _covered(self, seen: Seen) -> Seen:
        return Seen(seen.name, self.cover.json(seen.value), seen.known)


def _budgets(judgement: Judgement) -> Iterator[str]:
    for rule in (finding.rule for finding in judgement.findings if finding.counts):
        if rule.budget is not None and rule.verdict is judgement.verdict.outcome:
            yield f"Rule “{rule.name}” lets {rule.budget} run by themselves within an hour; beyond that, people are asked."


def _depends(judgement: Judgement, around: Circumstances) -> Iterator[str]:
    if around.agent is None and any(finding.rule.agents for finding in judgement.findings):
        yield "Some of these rules depend on the agent. To name it, write --agent NAME after the action."


def _hidden(arguments: JsonObject, shown: JsonObject) -> JsonObject:
    """The arguments that are shown as something else than they are."""
    return {name: value for name, value in shown.items() if value != arguments.get(name)}


def _rule(rule: RuleTold) -> JsonObject:
    conditions: list[Any] = [
        {
            "part": each.part,
            "condition": each.text,
            "answer": each.answer,
            "failed": each.failed,
            "values": {seen.name: seen.value for seen in each.seen if seen.known},
            "unknown": [seen.name for seen in each.seen if not seen.known],
        }
        for each in rule.conditions
    ]
    return {
        "rule": rule.name, "says": rule.says, "counts": rule.counts, "because": rule.because, "conditions": conditions,
    }  # fmt: skip
