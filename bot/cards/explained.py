"""An explanation as text, for the answer in a chat: short, and inert where others wrote it."""

import json
from collections.abc import Iterator

from bot.cards.explanation import ConditionTold, Explanation, RuleTold
from bot.cards.inert import beginning, inert_line
from bot.cards.looked_at import Seen
from bot.cards.text import Span, Text, bold, code, dim, quote, words

RULES = 10  # that an answer shows
VALUE = 60  # characters of one value
CONDITION = 200  # characters of one condition

SAYS = {
    "auto": "runs by itself",
    "log": "runs, with a line in the log",
    "approve": "people are asked",
    "block": "never runs",
}
"""What each verdict means, as the end of a sentence."""


def text_of(told: Explanation) -> Text:
    """What somebody who asked is told."""
    verdict = told.verdict
    spans: list[Span] = [
        code(told.action),
        *words(": "),
        bold(f"{SAYS[verdict.outcome]}"),
        *words(f" · {verdict.risk} risk\n"),
    ]
    for reason in told.reasons:
        spans += words(quote(inert_line(reason)), "\n")
    for rule in _first(told.rules):
        spans += _rule(rule)
    if len(told.rules) > RULES:
        spans += words(dim(f"and {len(told.rules) - RULES} more rules about it.\n"))
    if told.people:
        spans += words(f"{' '.join(told.people)}\n")
    for remark in told.remarks:
        spans += words(dim(remark), "\n")
    return tuple(spans)


def value(seen: Seen, most: int = VALUE) -> str:
    """What a name stands for: `args.amount = 480.0`."""
    if not seen.known:
        return f"{seen.name} is not known"
    told, more = beginning(inert_line(json.dumps(seen.value, ensure_ascii=False)), most)
    return f"{seen.name} = {told}{'…' if more else ''}"


def answer(condition: ConditionTold) -> str:
    """What a condition says: true, false, or why it cannot say."""
    if condition.failed is not None:
        return f"could not be decided: {inert_line(condition.failed.replace('`', ''))}"
    return "true" if condition.answer else "false"


def standing(rule: RuleTold) -> str:
    """Whether a rule counts, and why not."""
    because = inert_line((rule.because or "").replace("`", ""))
    return "counts" if rule.counts else f"does not count: {because}"


def _but(rule: RuleTold) -> str:
    return "" if rule.counts else "but "


def _first(rules: tuple[RuleTold, ...]) -> list[RuleTold]:
    """Those that count first, otherwise as in the file."""
    return sorted(rules, key=lambda rule: not rule.counts)[:RULES]


def _rule(rule: RuleTold) -> Iterator[Span]:
    yield from words(
        bold("✓ " if rule.counts else "– "), bold(rule.name), f" says {rule.says}, {_but(rule)}{standing(rule)}\n"
    )
    for condition in rule.conditions:
        text, more = beginning(condition.text, CONDITION)
        yield from words(f"    {condition.part} ", code(f"{text}{'…' if more else ''}"), f" → {answer(condition)}")
        if condition.shown:
            yield from words(" (", quote(", ".join(map(value, condition.shown))), ")")
        yield from words("\n")
