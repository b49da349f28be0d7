"""A backtest as JSON, for machines, and the words that its other forms share."""

from collections.abc import Mapping
from typing import Any

from bot.cards.form import REJECT_REASONS
from bot.policy.compare import File, Report
from policies.backtest import KINDS, Backtest, Compared, Kind, Row
from policies.past import Answer
from policies.replay import Retold
from storage.records import Outcome

OUTCOMES = tuple(Outcome)

NEWLY: Mapping[Kind, str] = {
    "auto": "newly auto",
    "log": "newly log",
    "approve": "newly asked",
    "block": "newly blocked",
    "unchanged": "unchanged",
}


def notes(report: Report) -> list[str]:
    """What a reader has to know of how this was found out."""
    found = report.found
    said = [
        f"Environment is “{report.environment}”, as it is now: what it was then is not recorded.",
        "Each proposal is judged by itself; what an agent would have proposed after another answer, nobody knows.",
    ]
    if found.judged_otherwise:
        said.append(
            f"For {found.judged_otherwise:,} the policy in force says something else now than was said when they were made."
        )
    if found.unanswered:
        said.append(
            f"Of what the candidate lets run, people had been asked about {found.unanswered:,} without saying yes or no: "
            "nothing says that these were right."
        )
    if found.unclaimed:
        said.append(
            f"Of what the candidate lets run, the risk that the agent itself saw is not recorded for {found.unclaimed:,}: "
            "where that was high, people would be asked."
        )
    if found.doubted:
        said.append(f"{found.doubted:,} could not be judged again and are counted as asked about:")
        said += [f"  {count:,} × {doubt}" for doubt, count in found.doubts.most_common(10)]
    return said


def headline(found: Backtest) -> str:
    """The first thing to know."""
    if not found.proposals:
        return "No proposals were recorded in that time."
    if not found.contradicted:
        return "The candidate would not have run anything by itself that people rejected or edited."
    what = "proposal that people" if found.contradicted == 1 else "proposals that people"
    return f"The candidate would have run by itself {found.contradicted:,} {what} rejected or edited."


def savings(found: Backtest) -> str:
    """What the candidate saves people."""
    saved = found.saved
    if not saved.reviews:
        return "It would have saved no reviews."
    said = f"It would have saved {saved.reviews:,} review{'' if saved.reviews == 1 else 's'}"
    if not saved.answers:
        return f"{said}, of which nobody had answered one."
    took = f"{saved.minutes:,.0f} minutes" if saved.minutes >= 1 else "less than a minute"
    return f"{said}: {saved.answers:,} answers that took people {took}, at most 5 counted for each."


def rows(found: Backtest) -> list[tuple[str, Row]]:
    """The actions, those with contradictions first, then those that change most."""
    return sorted(
        found.rows.items(),
        key=lambda item: (-item[1].contradictions, item[1].kinds["unchanged"] - item[1].proposals, item[0]),
    )


def reason(answer: Answer) -> str | None:
    """Why somebody rejected it, in words."""
    return None if answer.reason is None else REJECT_REASONS.get(answer.reason, answer.reason)


def as_json(report: Report) -> dict[str, Any]:
    """All of it, without secrets."""
    found = report.found
    return {
        "since": report.stretch.since.isoformat(),
        "until": report.stretch.until.isoformat(),
        "agent": report.stretch.agent,
        "action": report.stretch.action,
        "environment": report.environment,
        "policy": _file(report.now),
        "candidate": _file(report.candidate),
        "proposals": found.proposals,
        "contradictions": {
            "count": found.contradicted,
            "listed": [_contradiction(report, each) for each in found.contradictions],
        },
        **{
            NEWLY[kind].replace(" ", "_"): {"count": found.kinds[kind], "examples": found.examples.get(kind, [])}
            for kind in KINDS
        },
        "saved": {
            "reviews": found.saved.reviews,
            "answers": found.saved.answers,
            "reviewer_minutes": round(found.saved.minutes, 3),
        },
        "flows": [
            {"policy": now, "candidate": candidate, "count": count}
            for (now, candidate), count in sorted(found.flows.items())
        ],
        "actions": [_row(name, row) for name, row in rows(found)],
        "unanswered": found.unanswered,
        "unclaimed": found.unclaimed,
        "judged_otherwise_then": found.judged_otherwise,
        "not_judged": {"count": found.doubted, "reasons": dict(found.doubts.most_common())},
        "notes": notes(report),
    }


def _file(file: File) -> dict[str, str]:
    return {"file": str(file.path), "version": file.policy.version}


def _row(name: str, row: Row) -> dict[str, Any]:
    return {
        "action": name,
        "proposals": row.proposals,
        "policy": {outcome.value: row.now[outcome] for outcome in OUTCOMES},
        "candidate": {outcome.value: row.candidate[outcome] for outcome in OUTCOMES},
        "contradictions": row.contradictions,
    }


def _contradiction(report: Report, each: Compared) -> dict[str, Any]:
    past = each.past
    return {
        "id": past.id,
        "request_id": past.request_id,
        "run_id": past.run_id,
        "at": past.at.isoformat(),
        "agent": past.around.agent,
        "action": past.proposal.action,
        "arguments": past.shown,
        "objection": past.objection,
        "answers": [
            {
                "decision": answer.verb,
                "person": answer.person,
                "name": report.names.get(answer.person),
                "at": None if answer.at is None else answer.at.isoformat(),
                "seconds": answer.seconds,
                "reason": answer.reason,
                "notes": answer.notes,
            }
            for answer in past.answers
        ],
        "edit": [vars(change) for change in past.changes],
        "policy": _told(each.now),
        "candidate": _told(each.candidate),
    }


def _told(told: Retold) -> dict[str, Any]:
    return {"verdict": told.outcome.value, "rules": list(told.winning or told.rules)}
