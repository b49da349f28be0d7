"""What a tool returns, as data: text of limited length in which nothing hides. Pure."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from agents.mcp_servers.unseen import plain
from storage.records import JsonObject

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock

MOST = 20_000  # characters of a result that are kept
SAID = 300  # characters of it in a sentence on a card


def receipt(server: str, tool: str, result: "CallToolResult") -> JsonObject:
    """The receipt of a call that succeeded: a sentence, and all of the result as one text."""
    text = told(result)
    said = plain(" ".join(text.split()), SAID) or "nothing"
    return {"summary": f"{server} answered {tool}: {said}", "result": plain(text, MOST)}


def told(result: "CallToolResult") -> str:
    """The result as text: its blocks, or where it has none its structured content."""
    blocks = "\n".join(map(_block, _first(result.content)))
    if blocks or result.structured_content is None:
        return blocks
    return json.dumps(result.structured_content, ensure_ascii=False)


def _first(blocks: list["ContentBlock"]) -> Iterable["ContentBlock"]:
    """As many blocks as can matter."""
    return blocks[:200]


def _block(block: "ContentBlock") -> str:
    match block.type:
        case "text":
            return block.text[: MOST + 1]
        case "image" | "audio":
            return f"[{block.type}, {block.mime_type}, about {len(block.data) * 3 // 4:,} bytes, not kept]"
        case "resource_link":
            return f"[a link to {block.uri}]"
        case "resource":
            text = getattr(block.resource, "text", None)
            return text[: MOST + 1] if isinstance(text, str) else f"[a file, {block.resource.uri}, not kept]"
