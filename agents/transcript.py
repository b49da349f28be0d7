"""What a model at work is shown of what it did: whole as long as it fits, then older steps in a line each. Pure.

Tokens are counted without asking anybody: one for every two bytes of UTF-8. English has four bytes and more to a token, code
about three, Chinese three bytes at one to two tokens; so the count is too high, and the budget holds.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agents.model import Exchange, Offer
from storage.records import JsonObject

LINE = 16  # tokens that one takes beside its own, and all that is told of those before
MOST_LINES = 60  # of earlier steps; of what lies further back only the number of steps is told


def tokens(text: str) -> int:
    """A count that is never too low for text that people or programs write."""
    return (len(text.encode(errors="replace")) + 1) // 2


def cut(text: str, budget: int) -> str:
    """The beginning of a text that fits into so many tokens, and how much is missing."""
    if tokens(text) <= budget:
        return text
    kept = text.encode(errors="replace")[: budget * 2].decode(errors="ignore")
    return f"{kept} [{len(text) - len(kept):,} more characters]"


@dataclass(frozen=True)
class Entry:
    """One exchange, the number of the recorded step that holds its result, and the line that remains of it."""

    step: int
    line: str
    exchange: Exchange

    @property
    def tokens(self) -> int:
        """Its size, with what the API wraps around it."""
        call = self.exchange.call
        said = json.dumps(list(call.raw) or [call.name, call.arguments], ensure_ascii=False)
        return 60 + tokens(said) + tokens(self.exchange.result) + tokens(self.exchange.note)


@dataclass(frozen=True)
class Transcript:
    """The exchanges so far. `earlier` are those of which only a line is shown."""

    shown: tuple[Entry, ...] = ()
    earlier: tuple[Entry, ...] = ()

    def adding(self, entry: Entry) -> "Transcript":
        """With one more exchange."""
        return replace(self, shown=(*self.shown, entry))

    def fitting(self, budget: int) -> "Transcript":
        """With the oldest exchanges put away if all together exceed `budget` tokens: then down to half of it, so that it
        does not happen at each turn, and what a model's cache holds stays of use. The last one, which nobody has seen yet,
        stays unless it exceeds the budget by itself."""
        if sum(entry.tokens for entry in self.shown) <= budget:
            return self
        kept = self.shown
        while len(kept) > 1 and sum(entry.tokens for entry in kept) > budget // 2:
            kept = kept[1:]
        kept = kept if kept[0].tokens <= budget else ()
        gone = self.shown[: len(self.shown) - len(kept)]
        return Transcript(kept, (*self.earlier, *gone))

    def lines(self, budget: int) -> list[str]:
        """What remains of earlier steps, the last of them, in at most `budget` tokens of JSON."""
        kept: list[str] = []
        left = budget - LINE
        for entry in reversed(self.earlier[-MOST_LINES:]):
            left -= LINE + tokens(json.dumps(entry.line, ensure_ascii=False))
            if left < 0:
                break
            kept.insert(0, entry.line)
        left_out = len(self.earlier) - len(kept)
        return [*([f"({left_out} steps before these)"] if left_out else []), *kept]


def size(system: str, data: str, offers: Iterable[Offer]) -> int:
    """Tokens of a question without its exchanges."""
    told: list[JsonObject] = [{"name": each.name, "description": each.description, "schema": each.schema} for each in offers]
    return tokens(system) + tokens(data) + tokens(json.dumps(told, ensure_ascii=False))
