"""Words in which nothing hides: what a server writes, as people and models may be shown it. Pure."""

import re
import unicodedata

# https://www.unicode.org/reports/tr44/#General_Category_Values
_UNSEEN = {"Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp"}
# What no category above catches and shows as nothing: joiners, fillers, inherent vowels, the blank Braille pattern, and
# variation selectors, which can carry a text of their own; the one that emoji need stays.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]")


def hidden(text: str) -> tuple[str, ...]:
    """The characters in `text` that nobody sees, each once, as `U+200B`."""
    return tuple(dict.fromkeys(f"U+{ord(each):04X}" for each in text if _hides(each)))


def plain(text: str, most: int | None = None) -> str:
    """`text` with everything that hides in it shown as `<U+200B>`, cut to `most` characters."""
    shown = "".join(f"<U+{ord(each):04X}>" if _hides(each) else each for each in text)
    return shown if most is None or len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} characters more)"


def _hides(each: str) -> bool:
    return each not in "\n\t" and (unicodedata.category(each) in _UNSEEN or bool(_BLANK.match(each)))
