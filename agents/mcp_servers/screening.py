"""Looking at what servers describe: what cannot be pinned, and what changed. Pure."""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping

from agents.mcp_servers.pins import Definition, Tools
from agents.mcp_servers.unseen import hidden, plain
from agents.tools import TOOL_NAME

LARGEST = 32_000  # characters of a definition; every turn of a model carries it


def action_name(server: str, tool: str) -> str:
    """What the tool is called as an action: `crm_create_ticket`."""
    return f"{server}_{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"


def unfit(server: str, tool: Definition, names: Collection[str]) -> str | None:
    """Why a tool cannot be pinned, in a sentence; None if it can. `names` are those that other actions have."""
    name, text = action_name(server, tool.name), _text(tool)
    if not TOOL_NAME.fullmatch(name):
        return f"Its name as an action, {plain(name, 100)!r}, is longer than 64 characters."
    if name in names:
        return f"There is another action {name!r}. Call the server something else, or have one of the tools renamed."
    if len(text) > LARGEST:
        return f"Its description and schemas have {len(text):,} characters; at most {LARGEST:,} are taken."
    if unseen := hidden("".join(_strings(tool.model_dump()))):
        return f"It holds characters that nobody sees ({', '.join(unseen[:5])}), in which words can hide."
    from agents.mcp_servers.arguments import arguments_of  # here, because these need what comes with the extra
    from agents.mcp_servers.schema import BadSchema

    try:
        arguments_of(name, tool.input_schema)
    except BadSchema as error:
        return str(error)
    return None


def screened(server: str, tools: Tools, names: Collection[str]) -> Mapping[str, str]:
    """The tools of one server that cannot be pinned, with the reason. Of two that would have one name, neither can."""
    own = [action_name(server, each) for each in tools]
    taken = {*names, *(each for each in own if own.count(each) > 1)}
    found = {name: unfit(server, tool, taken) for name, tool in tools.items()}
    return {name: why for name, why in found.items() if why}


def changes(before: Definition, now: Definition) -> tuple[str, ...]:
    """What changed, as lines that begin with `-` or `+`, with nothing hidden in them; empty if nothing did."""
    if before.hash == now.hash:
        return ()
    lines = difflib.unified_diff(_lines(before), _lines(now), lineterm="", n=0)
    shown = tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
    return shown or ("+(something that reads the same)",)


def _lines(tool: Definition) -> list[str]:
    fields = tool.model_dump()
    return [
        f"{name}: {line}"
        for name, value in fields.items()
        for line in plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)).split("\n")
    ]


def _text(tool: Definition) -> str:
    return json.dumps(tool.model_dump(), ensure_ascii=False)


def _strings(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                yield from (str(key), *_strings(each))
        case list() | tuple():
            for each in value:
                yield from _strings(each)
