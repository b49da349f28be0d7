"""Bytes of a mail as text that loses nothing: wrong or unknown charsets are mended, HTML becomes readable lines."""

import re
from dataclasses import dataclass
from html import unescape

_WESTERN = {"", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "iso8859-1", "windows-1252", "cp1252"}
_BLOCK = re.compile(
    "address|article|blockquote|body|br|dd|div|dl|dt|footer|form|h[1-6]|header|hr|html|li|ol|p|pre|section|table|title|tr|ul"
)
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9:-]*)([^<>]*)>")
_HREF = re.compile(r"href\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_COMMENT, _COMMENT_END = re.compile("<!--"), re.compile("-->")
_CODE = re.compile(r"<(?:script|style)\b[^<>]*>", re.IGNORECASE)
_CODE_END = re.compile(r"</(?:script|style)\s*>", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    """Decoded text. `repaired` says that it was not what it claimed to be and may look odd in places."""

    value: str
    repaired: bool = False


def decoded(data: bytes, charset: str | None) -> Text:
    """Decode with the declared charset; where that is missing, unknown or wrong, with UTF-8, Windows-1252 or Latin-1."""
    declared = (charset or "").strip().strip("\"'").lower()
    # Text in a Western charset is practically never valid UTF-8 by accident, but UTF-8 is often declared so.
    guesses = ["utf-8", declared] if declared in _WESTERN else [declared, "utf-8"]
    for guess in [*guesses, "windows-1252"]:
        text = _strict(data, guess)
        if text is not None:
            honest = guess == declared or data.isascii() or (guess == "utf-8" and not declared)
            return storable(text, repaired=not honest)
    return storable(data.decode("latin-1"), repaired=True)


def storable(text: str, *, repaired: bool = False) -> Text:
    """Text with the two things that databases refuse (NUL, lone surrogates) made visible as U+FFFD, and plain line ends."""
    clean = _UNSTORABLE.sub("\ufffd", text)
    return Text(clean.replace("\r\n", "\n").replace("\r", "\n"), repaired or clean != text)


def from_html(html: str) -> str:
    """The words of an HTML text, a line for each block, with the targets of links in brackets.

    Mails are hostile and this runs before anybody looked: each pass is linear. BeautifulSoup took minutes for 50,000 nested
    tags, and a page is not what is wanted here, only its words.
    """
    html = _without(html, _COMMENT, _COMMENT_END)
    html = _without(html, _CODE, _CODE_END)
    targets: list[str] = []
    return _tidy(unescape(_TAG.sub(lambda tag: _in_place_of(tag, targets), html)))


def _without(html: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    """Cut from each start to its end; what is never ended stays, for it may be text."""
    first, *rest = start.split(html)
    pieces = (end.split(piece, maxsplit=1) for piece in rest)
    return first + "".join(piece[-1] for piece in pieces)


def _in_place_of(tag: re.Match[str], targets: list[str]) -> str:
    closing, name, attributes = tag[1], tag[2].lower(), tag[3]
    if name != "a":
        return "\n" if _BLOCK.fullmatch(name) else " " if name in ("td", "th") else ""
    if not closing:
        href = _HREF.search(attributes)
        targets.append(href[1].strip("\"'") if href else "")
        return ""
    target = targets.pop() if targets else ""
    return f" [{target}]" if target else ""


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _strict(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset) if charset else None
    except (LookupError, UnicodeError, ValueError):
        return None
