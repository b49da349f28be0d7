"""The recorded proposals as the policies read them: page by page, in the order of time, as the agents made them.

Secrets are in the arguments that are judged and never in those that are shown. What was asked and what was not come from
two walks of the store, merged here.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agents.actions import Actions, BadArguments
from policies.circumstances import Circumstances
from policies.past import Answer, Change, Past
from storage.records import Evidence, JsonObject, PastProposal, Proposal, Risk
from storage.redaction import is_masked
from storage.store import Store

PAGE = 200  # proposals read at once; an evaluation may be large
CLAIMED = "The agent rates the risk "  # as the judge says it


@dataclass(frozen=True)
class Stretch:
    """Which past proposals: from `since` on, before `until`, of one agent or action only, if these are named."""

    since: datetime
    until: datetime
    agent: str | None = None
    action: str | None = None


async def history(store: Store, stretch: Stretch, actions: Actions, environment: str) -> AsyncIterator[Past]:
    """Every proposal of that stretch whose story has ended."""
    async for each in _merged(_walk(store, stretch, asked=True), _walk(store, stretch, asked=False)):
        yield past_of(each, actions, environment)


async def _walk(store: Store, stretch: Stretch, *, asked: bool) -> AsyncIterator[PastProposal]:
    after: tuple[datetime, str] | None = None
    named: dict[str, Any] = dict(vars(stretch))
    while True:
        page = await store.read(lambda tx, after=after: tx.past_proposals(PAGE, asked=asked, after=after, **named))  # type: ignore[misc]
        for each in page:
            yield each
        if len(page) < PAGE:
            return
        after = page[-1].order


async def _merged(one: AsyncIterator[PastProposal], other: AsyncIterator[PastProposal]) -> AsyncIterator[PastProposal]:
    """Both in one order of time."""
    walks = [one, other]
    heads = [await anext(walk, None) for walk in walks]
    while any(heads):
        place = min((n for n, head in enumerate(heads) if head), key=lambda n: _order(heads[n]))
        head = heads[place]
        assert head is not None  # noqa: S101  # that is what was looked for
        yield head
        heads[place] = await anext(walks[place], None)


def _order(head: PastProposal | None) -> tuple[datetime, str]:
    assert head is not None  # noqa: S101  # the caller looked
    return head.order


def past_of(kept: PastProposal, actions: Actions, environment: str) -> Past:
    """One recorded proposal, with what is known of it. Records of any age can be read; what they lack is None."""
    evaluation, run, body = kept.evaluation, kept.run, kept.evaluation.body
    proposed = _mapping(body.get("proposed_action"))
    shown = _mapping(proposed.get("arguments"))
    proposal = Proposal(
        action=evaluation.action,
        arguments=shown if kept.arguments is None else kept.arguments,
        target=str(proposed.get("target") or "") if kept.target is None else kept.target,
        summary=str(body.get("one_line_summary") or ""),
        evidence=_evidence(body.get("evidence_used")),
        risk=_risk(body["claimed_risk"]) if "claimed_risk" in body else _told(body),
    )
    hidden, at = _hidden(kept, proposal), _moment(body.get("timestamp")) or kept.at
    return Past(
        id=evaluation.request_id or evaluation.id,
        request_id=evaluation.request_id,
        run_id=run.id,
        at=at,
        proposal=proposal,
        around=Circumstances(run.agent, at, environment, run.requester, run),
        shown=shown,
        recorded=evaluation.verdict,
        decided=_decided(kept),
        ran=evaluation.outcome,
        answers=tuple(_answer(_mapping(each)) for each in _items(body.get("decisions"))),
        changes=tuple(_change(_mapping(each)) for each in _items(body.get("edit"))),
        hidden=hidden,
        misfit=None if "args" in hidden else _misfit(proposal, actions),
        checked=evaluation.action in actions,
        claimed="claimed_risk" in body or proposal.risk is not None,
    )


def _decided(kept: PastProposal) -> str:
    """Records once said `approve` where the policy had let another program's agent go on and nobody was asked."""
    evaluation = kept.evaluation
    nobody = evaluation.decision == "approve" and not _items(evaluation.body.get("decisions"))
    return evaluation.verdict.value if nobody else evaluation.decision


def _hidden(kept: PastProposal, proposal: Proposal) -> frozenset[str]:
    """What is judged as it was shown, where that has something hidden in it."""
    judged = {
        "args": proposal.arguments if kept.arguments is None else {},
        "target": proposal.target if kept.target is None else "",
        "evidence": [item.model_dump(mode="json") for item in proposal.evidence],
    }
    return frozenset(name for name, value in judged.items() if is_masked(json.dumps(value)))


def _misfit(proposal: Proposal, actions: Actions) -> str | None:
    if proposal.action not in actions:
        return None
    try:
        actions[proposal.action].parse(proposal.arguments)
    except BadArguments as error:
        return f"{proposal.action} does not take such arguments any more ({', '.join(sorted(error.errors))})"
    return None


def _told(body: JsonObject) -> Risk | None:
    """The risk that the agent itself saw, as the reasons of the verdict tell it where they do."""
    reasons = [str(reason) for reason in _items(_mapping(body.get("verdict")).get("reasons"))]
    told = (reason.removeprefix(CLAIMED).partition(",")[0] for reason in reasons if reason.startswith(CLAIMED))
    return _risk(next(told, None))


def _risk(value: object) -> Risk | None:
    with suppress(ValueError):
        return Risk(str(value))
    return None


def _evidence(value: object) -> tuple[Evidence, ...]:
    with suppress(ValidationError):
        return tuple(Evidence.model_validate(item) for item in _items(value)[:3])
    return ()


def _answer(told: Mapping[str, Any]) -> Answer:
    seconds = told.get("seconds_to_decide")
    return Answer(
        verb=str(told.get("decision") or ""),
        person=str(told.get("person") or ""),
        at=_moment(told.get("timestamp")),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        reason=None if told.get("reason") is None else str(told["reason"]),
        notes=str(told.get("notes") or ""),
    )


def _change(told: Mapping[str, Any]) -> Change:
    before, after = (None if told.get(side) is None else str(told[side]) for side in ("before", "after"))
    return Change(str(told.get("field") or ""), before, after)


def _moment(value: object) -> datetime | None:
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else None
    return None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
