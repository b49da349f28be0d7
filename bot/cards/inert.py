"""Makes what others wrote harmless to the eye: every character that hides, reorders or imitates nothing is shown by name.

Nothing is removed and the stored text is never changed; only what is shown is. Ordinary text of every script reads as
it should: Arabic and Hebrew need no control characters, Persian and the Indic scripts keep their joiners between letters,
and emoji sequences keep theirs.

Which characters: Default_Ignorable_Code_Point (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point), the
bidirectional controls (https://www.unicode.org/reports/tr9/), the categories Cc Cf Zl Zp Co Cs Cn, and the blank fillers
that are none of these. Newlines and tabs stay.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"})

# Characters that no category above catches and that show as nothing: combining grapheme joiner, Hangul fillers, Khmer
# inherent vowels, Mongolian and other variation selectors, the blank Braille pattern.
_HIDDEN_RANGES = (
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
)  # fmt: skip

_SUSPECT = re.compile(r"[^\t\n\x20-\x7e]")
_PART = 4096  # characters
_ZWNJ, _ZWJ, _EMOJI_SELECTOR = "\u200c", "\u200d", "\ufe0f"
_KEYCAP = "\u20e3"


def inert(text: str) -> str:
    """`text` with every hidden character written out as `<U+202E>`; CR LF counts as a newline."""
    whole = text.replace("\r\n", "\n")
    return "".join(_part(whole, at) for at in range(0, len(whole), _PART))


def inert_line(text: str) -> str:
    """The same on one line, for places that have only one: runs of white space become a single space."""
    return " ".join(inert(text).split())


def hiding(text: str) -> tuple[str, ...]:
    """The hidden characters in `text` as `inert` writes them, each once."""
    shown = (_shown(match) for match in _SUSPECT.finditer(text.replace("\r\n", "\n")))
    return tuple(dict.fromkeys(each for each in shown if each.startswith("<U+")))


def beginning(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` characters of `text`, and how many more there are."""
    return (text, 0) if len(text) <= limit else (text[:limit], len(text) - limit)


def host(link: str) -> str:
    """Where a link really leads, as text: its host in ASCII (`xn--…` where it is not); the link itself if it has none."""
    try:
        name = urlsplit(link).hostname or ""
        return inert_line(name.encode("idna").decode("ascii") if name else link)
    except ValueError:  # not a URL, or a host that no name server would take
        return inert_line(link)


def _part(whole: str, begin: int) -> str:
    """So much of a text as may be in pieces at a time: many thousand pieces would weigh many times the text."""
    end = min(begin + _PART, len(whole))
    pieces: list[str] = []
    at = begin
    for match in _SUSPECT.finditer(whole, begin, end):
        pieces += whole[at : match.start()], _shown(match)
        at = match.end()
    return "".join((*pieces, whole[at:end]))


def _shown(match: re.Match[str]) -> str:
    char = match.group()
    if not _hides(char) or _belongs(match.string, match.start()):
        return char
    return f"<U+{ord(char):04X}>"


@lru_cache(4096)  # a text of 200,000 characters has few different ones
def _hides(char: str) -> bool:
    point = ord(char)
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or any(low <= point <= high for low, high in _HIDDEN_RANGES)


def _belongs(text: str, at: int) -> bool:
    """Whether the character at `at` does its ordinary work there: joins letters or emoji, or asks for an emoji."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == _EMOJI_SELECTOR:
        return _pictures(before) or (before in "0123456789#*" and after == _KEYCAP)
    if text[at] not in (_ZWNJ, _ZWJ):
        return False
    if _joins_letters(before) and _joins_letters(after):
        return True
    emoji_before = _pictures(before) or before == _EMOJI_SELECTOR or _skin_tone(before)
    return text[at] == _ZWJ and emoji_before and _pictures(after)


def _pictures(char: str) -> bool:
    return char != "" and unicodedata.category(char) == "So"


def _skin_tone(char: str) -> bool:
    return char != "" and 0x1F3FB <= ord(char) <= 0x1F3FF


def _joins_letters(char: str) -> bool:
    """Whether `char` is a letter or mark from Arabic to Sinhala, the scripts that are written with joiners."""
    return char != "" and 0x0600 <= ord(char) <= 0x0DFF and unicodedata.category(char)[0] in "LM"
