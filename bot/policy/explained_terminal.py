"""An explanation on a terminal. What others wrote goes through `inert_line`, so no escape sequence of theirs arrives."""

from collections.abc import Iterator
from textwrap import fill, wrap

import click

from bot.cards.explained import SAYS, answer, standing, value
from bot.cards.explanation import ConditionTold, Explanation, RuleTold
from bot.cards.inert import beginning, inert_line
from bot.cards.looked_at import Seen
from storage.records import Outcome

VALUE = 200  # characters of one value
WIDTH = 100

_COLOURS = {Outcome.auto: "green", Outcome.log: "cyan", Outcome.approve: "yellow", Outcome.block: "red"}


def written_out(told: Explanation) -> str:
    """The whole of it, in lines; colours are taken out where there is no terminal (`click.echo`)."""
    return "\n".join(_lines(told))


def _lines(told: Explanation) -> Iterator[str]:
    verdict = told.verdict
    says = click.style(f"{verdict.outcome}", fg=_COLOURS[verdict.outcome], bold=True)
    yield f"{click.style(inert_line(told.action), bold=True)}: {says}, {verdict.risk} risk ({SAYS[verdict.outcome]})"
    yield from (_filled(inert_line(reason), "  ") for reason in told.reasons)
    yield from _section("Judged")
    yield from _aligned(list(_judged(told)))
    yield from _section("Rules about it")
    width = max((len(rule.name) for rule in told.rules), default=0)
    for rule in told.rules:
        yield from _rule(rule, width)
    if not told.rules:
        yield "  none"
    if told.people:
        yield from _section("Then")
        yield from (_filled(inert_line(sentence), "  ") for sentence in told.people)
    if told.remarks:
        yield ""
        yield from (click.style(_filled(inert_line(remark), ""), dim=True) for remark in told.remarks)


def _section(title: str) -> Iterator[str]:
    yield ""
    yield click.style(title, bold=True)


def _judged(told: Explanation) -> Iterator[tuple[str, str]]:
    """What was judged, and in which circumstances."""
    around = told.around
    for name, given in told.arguments.items():
        yield f"args.{inert_line(name)}", _value(given)
    if told.target:
        yield "target", inert_line(told.target)
    yield "agent", inert_line(around.agent or "not known")
    yield "requester", inert_line((around.requester.email or around.requester.key) if around.requester else "not known")
    yield "environment", inert_line(around.environment or "not known")
    yield "time", f"{around.at:%A %Y-%m-%d %H:%M} {around.at.tzname()}"


def _value(given: object) -> str:
    return value(Seen("", given), VALUE).removeprefix(" = ")


def _aligned(rows: list[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows)
    return (f"  {name:<{width}}  {told}" for name, told in rows)


def _rule(rule: RuleTold, width: int) -> Iterator[str]:
    sign = click.style("✓", fg="green", bold=True) if rule.counts else click.style("–", dim=True)
    says = click.style(f"{rule.says:<7}", fg=_COLOURS[rule.says], dim=not rule.counts)
    told = wrap(standing(rule), max(WIDTH - width - 15, 30), break_long_words=False, break_on_hyphens=False)
    yield f"  {sign} {rule.name:<{width}}  {says}  {told[0]}"
    yield from (f"{'':{width + 15}}{more}" for more in told[1:])
    for condition in rule.conditions:
        yield from _condition(condition)


def _condition(condition: ConditionTold) -> Iterator[str]:
    told, _ = beginning(answer(condition), VALUE)
    text = _filled(f"{condition.part:<6} {inert_line(condition.text)}  → {told}", " " * 6, " " * 13)
    yield click.style(text, fg="yellow") if condition.failed else text
    for seen in condition.shown:
        yield click.style(f"{'':13}{value(seen, VALUE)}", dim=True)


def _filled(text: str, indent: str, hanging: str | None = None) -> str:
    return fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent if hanging is None else hanging, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
