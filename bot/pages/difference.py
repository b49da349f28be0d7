"""What differs between two texts, word by word. Pure."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

LONGEST = 6000  # characters from which on a text is shown whole as before and after: comparing takes too long

_WORDS = re.compile(r"\s+|\d[\d.,]*\d|\w+|[^\w\s]")


class Piece(NamedTuple):
    """A piece of text that stayed, is gone, or is new."""

    kind: Literal["same", "gone", "new"]
    text: str


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces in order; what is gone stands before what came in its place."""
    if len(before) + len(after) > LONGEST:
        return (Piece("gone", before), Piece("new", after))
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:  # nothing in common but commas: two texts read better than confetti
        return tuple(each for each in (Piece("gone", before), Piece("new", after)) if each.text)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i1:i2])))
            continue
        pieces += [each for each in (Piece("gone", "".join(old[i1:i2])), Piece("new", "".join(new[j1:j2]))) if each.text]
    return tuple(pieces)
