"""What became of the policy, as people read it in the channel of those who own it."""

from collections.abc import Iterator, Sequence

from bot.cards.text import Span, Text, bold, code, dim, quote, words
from policies.changes import Change, Part
from policies.problems import PolicyError

MOST_CHANGES = 30
MOST_MISTAKES = 20
LONGEST = 300  # characters of one value

USABLE = words(bold("The policy file can be used again."), " It says what is in force.")
OPENINGS = {"added": "New rule ", "removed": "Removed rule ", "changed": "Rule "}


def adopted(version: str, before: str, changes: Sequence[Change]) -> Text:
    """A new policy is in force: what it says otherwise than the one before, a line for each rule."""
    spans = [bold("A new policy is in force"), *words(", version ", code(version[:12]), " after ", code(before[:12]), ".")]
    for change in changes[:MOST_CHANGES]:
        spans += [*words("\n• "), *_change(change)]
    more = len(changes) - MOST_CHANGES
    return (*spans, *words("\n", dim(f"{more} more changes are in the audit log."))) if more > 0 else tuple(spans)


def refused(error: PolicyError) -> Text:
    """The changed file cannot be used: every mistake, a line for each."""
    spans = [bold("The policy file was changed, but cannot be used."), *words(" The old policy stays.")]
    for problem in error.problems[:MOST_MISTAKES]:
        spans += words("\n• ", quote(str(problem)))
    more = len(error.problems) - MOST_MISTAKES
    return (*spans, *words("\n", dim(f"{more} more mistakes: `signoff check` lists them."))) if more > 0 else tuple(spans)


def _change(change: Change) -> Text:
    name = words(OPENINGS[change.kind], quote(f"“{change.of}”")) if change.rule else words(quote(change.of.capitalize()))
    shown = [part for part in change.parts if change.kind == "changed" or part.name in ("actions", "verdict")]
    parts = [each for number, part in enumerate(shown) for each in (*words("; " if number else ""), *_part(change, part))]
    return words(*name, ": ", *parts)


def _part(change: Change, part: Part) -> Iterator[Span]:
    label = "" if part.name == change.of else f"{part.name.replace('_', ' ')} "
    if change.kind == "changed":
        yield from words(label, quote(_short(part.before)), " → ", quote(_short(part.after)))
    else:
        yield from words(label, quote(_short(part.after if change.kind == "added" else part.before)))


def _short(value: str | None) -> str:
    if value is None:
        return "(left out)"
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
