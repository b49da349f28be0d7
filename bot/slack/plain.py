"""Messages of Slack as plain text, as somebody would type it.

Slack escapes three characters and writes mentions and links as `<…|label>` (https://docs.slack.dev/messaging/
formatting-message-text#retrieving-messages). Programs may leave the text empty and say everything in blocks or attachments.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.slack.directory import MENTION

Content = Mapping[str, Any]
Names = Mapping[str, str]

FILES, FILE_NAME = 10, 80  # files that are named, and characters of their names

_MARKED = re.compile(r"<([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>")
_LINK = re.compile(r"(?:https?|mailto|tel|ftp|slack):", re.IGNORECASE)
_DEEPEST = 20  # levels of blocks within blocks


def typed(text: str, names: Names | None = None) -> str:
    """Slack's text as it was typed. Mentions of people become `@name` where `names` has their id; without it they stay
    `<@U…>`, which commands understand."""
    shown = _MARKED.sub(lambda found: _shown(found[1], found[2] or "", names), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def text_of(message: Content, names: Names) -> str:
    """Everything that a message says: its text, or else its blocks; and what it passes on of other messages."""
    said = typed(str(message.get("text") or ""), names).strip()
    blocks = said or "\n".join(_lines(message.get("blocks"), names)).strip()
    attached = [
        _attached(each, names) for each in _mappings(message.get("attachments")) if not blocks or each.get("is_share")
    ]
    return "\n\n".join(part for part in (blocks, *attached) if part)


def files_of(message: Content) -> tuple[str, ...]:
    """The names of the files that came with a message, the first few."""
    files = list(_mappings(message.get("files")))[:FILES]
    return tuple(str(each.get("name") or each.get("title") or "a file")[:FILE_NAME] for each in files)


def people_in(message: Content) -> list[str]:
    """The ids of who wrote a message and of whom it mentions, each once."""
    author = message.get("user")
    mentioned = MENTION.findall(str(message.get("text") or ""))
    return list(dict.fromkeys([*([str(author)] if author else []), *mentioned]))


def author_of(message: Content, names: Names) -> str:
    """What whoever wrote a message is called."""
    program = message.get("bot_profile") or {}
    called = names.get(str(message.get("user"))), message.get("username"), program.get("name"), message.get("user")
    return str(next(filter(None, called), "somebody"))


def _shown(target: str, label: str, names: Names | None) -> str:
    kind, rest = target[0], target[1:]
    if kind == "@":
        if names is None:
            return f"<@{rest}>"  # whoever looks it up again needs the id
        return f"@{names.get(rest) or label or rest}"
    if kind == "#":
        return f"#{label or rest}"
    if kind == "!":
        return label or f"@{rest.partition('^')[0]}"
    if not _LINK.match(target):
        return f"<{target}|{label}>" if label else f"<{target}>"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in address:  # Slack made a link of what was typed
        return label or address
    return f"{label} ({address})"


def _attached(attachment: Content, names: Names) -> str:
    """What a message passes on: a message of somebody else, or what a program attached."""
    said = typed(str(attachment.get("text") or ""), names) or "\n".join(_lines(attachment.get("blocks"), names))
    said = said or typed(str(attachment.get("fallback") or ""), names)
    author = attachment.get("author_name")
    return f"{author}: {said.strip()}" if author and said.strip() else said.strip()


def _lines(blocks: object, names: Names) -> Iterator[str]:
    """The words of blocks, a line for each piece (https://docs.slack.dev/reference/block-kit/blocks)."""
    for block in _mappings(blocks):
        yield from (line for line in _words(block, names, 0) if line.strip())


def _words(node: Content, names: Names, depth: int) -> Iterator[str]:
    if depth > _DEEPEST or node.get("type") in ("image", "actions", "input"):
        return
    match node.get("type"), node.get("text"):
        case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted", _:
            yield "".join(_piece(each, names) for each in _mappings(node.get("elements")))
            return
        case "mrkdwn", str(said):
            yield typed(said, names)
        case _, str(said):
            yield said
        case _, Mapping() as inner:
            yield from _words(inner, names, depth + 1)
    for name in ("title", "fields", "elements"):
        held = node.get(name)
        for each in _mappings([held] if isinstance(held, Mapping) else held):
            yield from _words(each, names, depth + 1)


def _piece(piece: Content, names: Names) -> str:
    match piece.get("type"):
        case "user":
            return _shown(f"@{piece.get('user_id')}", "", names)
        case "emoji":
            return f":{piece.get('name')}:"
        case "link":
            url, label = str(piece.get("url")), str(piece.get("text") or "")
            return _shown(url, label, names)
        case _:
            return str(piece.get("text") or piece.get("fallback") or "")


def _mappings(value: object) -> Iterable[Content]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
