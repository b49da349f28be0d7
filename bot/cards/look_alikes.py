"""Names that are not what they look like: hosts and mail addresses that mix alphabets, or that are written in punycode.

Only names are looked at (the host of a URL, both sides of a mail address, a value that is nothing but a host), never prose,
so ordinary Russian or Greek raises no alarm. A name in one alphabet is fine: пример.com is an honest name. What is shown is
never changed. The rule is the one of https://www.unicode.org/reports/tr39/#Restriction_Level_Detection, for the alphabets
whose letters are taken for Latin ones.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

ALPHABETS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL")

_NAME: Final = re.compile(
    r"(?<=://)(?:[^\s/@]{0,100}@)?([^\s/:?#@]{1,253})"
    r"|(?<![^\s<(,;:\"'])([^\s@<>()\[\],;:\"']{1,64}@[^\s@<>()\[\],;:\"'/]{1,253})"
    r"|\A([^\s/@.:]{1,63}(?:\.[^\s/@.:]{1,63}){1,8})\Z"
)
_PUNYCODE: Final = re.compile(r"(?:^|[.@])xn--", re.IGNORECASE)


def look_alikes(*texts: str) -> tuple[str, ...]:
    """A remark for each name in `texts` that may be mistaken for another one."""
    return tuple(dict.fromkeys(remark for text in texts for remark in _remarks(text)))


def _remarks(text: str) -> Iterator[str]:
    if text.isascii() and "xn--" not in text.lower():
        return
    for match in _NAME.finditer(text):
        name = next(filter(None, match.groups()))
        mixed = [part for part in re.split(r"[.@]", name) if len(_alphabets(part)) > 1]
        if mixed:
            alphabets = " and ".join(each.capitalize() for each in sorted(_alphabets(mixed[0])))
            yield f"Look twice: “{mixed[0]}” mixes {alphabets} letters."
        elif _PUNYCODE.search(name):
            yield f"Look twice: “{name}” stands for “{_decoded(name)}”."


def _alphabets(part: str) -> set[str]:
    """The alphabets of the letters in one part of a name."""
    if part.isascii():
        return {"LATIN"}
    names = (unicodedata.name(char, "").split(" ", 1)[0] for char in part if char.isalpha())
    return {name for name in names if name in ALPHABETS}


def _decoded(name: str) -> str:
    try:
        return name.rpartition("@")[2].encode("ascii").decode("idna")
    except UnicodeError:
        return "no name that can be read"
