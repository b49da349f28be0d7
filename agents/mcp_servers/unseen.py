"""Words in which nothing hides: what a server writes, as people and models may be shown it. Pure."""

import re
import unicodedata

_UNSEEN = {"Cf", "Cc", "Co", "Cs", "Cn"}  # https://www.unicode.org/reports/tr44/#General_Category_Values
_SELECTORS = re.compile("[\ufe00-\ufe0e\U000e0100-\U000e01ef]")  # variation selectors can carry a text of their own


def hidden(text: str) -> tuple[str, ...]:
    """The characters in `text` that nobody sees, each once, as `U+200B`."""
    return tuple(dict.fromkeys(f"U+{ord(each):04X}" for each in text if _hides(each)))


def plain(text: str, most: int | None = None) -> str:
    """`text` with everything that hides in it shown as `<U+200B>`, cut to `most` characters."""
    shown = "".join(f"<U+{ord(each):04X}>" if _hides(each) else each for each in text)
    return shown if most is None or len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} characters more)"


def _hides(each: str) -> bool:
    return each not in "\n\t" and (unicodedata.category(each) in _UNSEEN or bool(_SELECTORS.match(each)))
