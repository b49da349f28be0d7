"""Where a sign of a text stands in the YAML that it was read from: plain, in quotes, or a block after `|` or `>`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from policies.problems import Place

_BLANK = " \t\r\n"
_ESCAPED = {"x": 4, "u": 6, "U": 10}  # characters of an escape such as \\x41
_BLANKS = "nt \n\r"  # escapes that stand for a blank, or for nothing


@dataclass(frozen=True)
class Written:
    """A text as it stands in a source: from the `start`-th character on, in a YAML style (`""`, `'`, `"`, `|` or `>`)."""

    source: str
    start: int
    style: str
    text: str

    def place(self, line: int, column: int) -> Place | None:
        """The place in the source of a place in the text (both from 1); None where that cannot be told.

        YAML only ever joins, breaks and indents lines, so the signs that are not blank stand in the source in their order.
        """
        lines = self.text.split("\n")
        if line > len(lines):
            return None
        number = _count("".join(lines[: line - 1]) + lines[line - 1][: column - 1])
        signs = [sign for sign in self.text if sign not in _BLANK]
        found = list(islice(self._signs(), len(signs)))
        if not signs or [each or sign for sign, (_, each) in zip(signs, found, strict=False)] != signs:
            return None
        return self._at(found[number][0] if number < len(found) else found[-1][0] + 1)

    def _at(self, offset: int) -> Place:
        return self.source.count("\n", 0, offset) + 1, offset - self.source.rfind("\n", 0, offset)

    def _signs(self) -> Iterator[tuple[int, str | None]]:
        """Each sign of the source that is not blank, with its offset; None for one that is written as an escape."""
        at = self._first()
        while at < len(self.source):
            sign, length = self._sign(at)
            if sign is None or sign not in _BLANK:
                yield at, sign
            at += length

    def _first(self) -> int:
        if self.style in ("|", ">"):  # the rest of that line says how to read the block
            return self.source.find("\n", self.start) + 1
        return self.start + len(self.style)

    def _sign(self, at: int) -> tuple[str | None, int]:
        """What stands there, and how many characters it takes."""
        if self.style == "'" and self.source.startswith("''", at):
            return "'", 2
        if self.style != '"' or self.source[at] != "\\":
            return self.source[at], 1
        escape = self.source[at + 1 : at + 2]
        return " " if escape in _BLANKS else None, _ESCAPED.get(escape, 2)


def _count(text: str) -> int:
    return sum(sign not in _BLANK for sign in text)
