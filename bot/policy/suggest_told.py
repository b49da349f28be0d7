"""Suggestions as JSON and on a terminal. They are only ever told: nobody's policy is changed here."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.cards.form import REJECT_REASONS
from bot.cards.inert import inert, inert_line
from bot.policy.advice import Advice, Tried
from bot.policy.backtest_terminal import said
from policies.bounds import needed
from policies.suggested import Evidence, NotYet

MOST_LISTED = 10  # people or examples on one line


def as_json(advice: Advice) -> dict[str, Any]:
    """All of it."""
    return {
        "policy": {"file": str(advice.path), "version": advice.policy.version},
        "since": advice.stretch.since.isoformat(),
        "until": advice.stretch.until.isoformat(),
        "bound": advice.bound,
        "names": dict(advice.names),
        "suggestions": [_tried(each) for each in advice.tried],
        "dropped": [_tried(each) for each in advice.dropped],
        "not_yet": [
            {"rule": each.subject.rule, "action": each.subject.action, "clean": each.clean, "why": list(each.why)}
            for each in advice.waiting
        ],
    }


def _tried(each: Tried) -> dict[str, Any]:
    suggestion, found = each.suggestion, each.found
    return {
        "kind": suggestion.kind,
        "rule": suggestion.subject.rule,
        "action": suggestion.subject.action,
        "says": suggestion.says,
        "evidence": {
            name: [list(item) if isinstance(item, tuple) else item for item in value] if isinstance(value, tuple) else value
            for name, value in vars(suggestion.evidence).items()
        },
        "backtest": {
            "proposals": found.proposals,
            "contradictions": found.newly_contradicted,
            "newly_auto": found.kinds["auto"],
            "newly_log": found.kinds["log"],
            "newly_asked": found.kinds["approve"],
            "newly_blocked": found.kinds["block"],
            "reviews_saved": found.saved.reviews,
            "reviewer_minutes": round(found.saved.minutes, 3),
        },
        "tests_against": list(each.against),
        "diff": each.diff,
        "text": each.text,
    }


def written(advice: Advice, *, width: int, colour: bool) -> str:
    """All of it as text; with escape sequences of ours where there is colour."""
    console = Console(
        file=StringIO(), width=width, force_terminal=colour, no_color=not colour, markup=False, emoji=False, highlight=False
    )
    with console.capture() as caught:
        for part in _parts(advice):
            console.print(part, soft_wrap=True)
    return "\n".join(line.rstrip() for line in caught.get().rstrip().splitlines())


def _parts(advice: Advice) -> Iterator[Text | Padding]:
    since, until = (f"{moment:%Y-%m-%d}" for moment in (advice.stretch.since, advice.stretch.until))
    yield Text(f"{inert_line(str(advice.path))}, by what was decided from {since} to {until}. Nothing is applied.\n")
    if not advice.tried:
        yield Text("Nothing is suggested.\n", "bold")
    for each in advice.tried:
        yield Text(f"{each.suggestion.kind.upper()}  {said(each.suggestion.says)}", "bold")
        yield from (Text(f"  {line}") for line in _evidence(advice, each))
        yield Text()
        yield from _change(each)
        yield Text()
    if advice.dropped:
        yield Text("Dropped, because a backtest speaks against it", "bold")
        yield from (Text(f"  {said(each.suggestion.says)} {_tested(each)}") for each in advice.dropped)
        yield Text()
    if advice.waiting:
        yield Text("Not yet", "bold")
        yield from (Text(f"  {_not_yet(each)}") for each in advice.waiting)
        yield Text()
    yield Text(_legend(advice), "dim")


def _evidence(advice: Advice, each: Tried) -> Iterator[str]:
    suggestion, evidence = each.suggestion, each.suggestion.evidence
    if suggestion.kind == "loosen":
        share = f"at most {evidence.bound:.2%} of them would be objected to (95 %)"
        yield f"{evidence.cases:,} decisions approved it unchanged, none did not: {share}."
    else:
        share = f"at least {evidence.bound:.2%} (95 %)"
        yield f"{evidence.failures:,} of {evidence.cases:,} went wrong, {share}{_common(evidence)}."
    if evidence.people:
        yield f"Decided by {_people(advice, evidence.people)}."
    if evidence.quick:
        yield f"Not counted, because most of their decisions took less than 5 seconds: {_people(advice, evidence.quick)}."
    beside = [(evidence.unanswered, "not answered"), (evidence.failed, "failed afterwards")]
    if told := ", ".join(f"{count:,} {what}" for count, what in beside if count):
        yield f"Beside that: {told}."
    yield f"For example {_listed(evidence.examples)}."
    yield _tested(each)
    if each.against:
        yield f"Tests beside the rules say otherwise, and would have to be changed as well: {_listed(each.against)}."


def _common(evidence: Evidence) -> str:
    named = ((REJECT_REASONS.get(name, name), count) for name, count in evidence.common)
    told = ", ".join(f"{said(name, 60)} {count:,} times" for name, count in named)
    return f": {told}" if told else ""


def _people(advice: Advice, keys: tuple[str, ...]) -> str:
    return _listed(tuple(f"{advice.names[key]} ({key})" if key in advice.names else key for key in keys))


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(said(name, 80) for name in names[:MOST_LISTED])
    return f"{shown} and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else shown


def _tested(each: Tried) -> str:
    found = each.found
    parts = [
        (found.kinds["log"], "would have run with a line about it"),
        (found.kinds["approve"], "would have been asked about"),
        (found.kinds["block"], "would have been blocked"),
        (found.newly_contradicted, "would have run although people rejected or edited them"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count) or "none gets another verdict"
    saved = f"; {found.saved.reviews:,} reviews saved" if found.saved.reviews else ""
    return f"Backtest: of {found.proposals:,} proposals {told}{saved}."


def _change(each: Tried) -> Iterator[Text]:
    if each.diff is None:
        yield Text("  The file could not be changed by lines. Write this into it by hand:")
    for line in (each.text if each.diff is None else each.diff).splitlines():
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else ""
        yield Text("  " + inert(line), style)


def _not_yet(each: NotYet) -> str:
    return f"{said(each.subject.action)} (rule {said(each.subject.rule)}): {said('; '.join(each.why))}."


def _legend(advice: Advice) -> str:
    return (
        f"At least {needed(advice.bound):,} decisions by two people without an objection are needed to support less than "
        f"{advice.bound:.2%}. Bounds hold for independent cases. Undoing what ran is not recorded, so it is no evidence."
    )
