"""Pins: what tools were when a person looked at them, in a lock file beside the file of servers. Commit both."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.actions import by_field
from agents.mcp_servers.servers import BadServers
from storage.records import JsonObject

Tools = Mapping[str, "Definition"]
"""Definitions by the name that the server gives them."""


class Definition(BaseModel):
    """A tool as its server describes it: everything that says what it does or what it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str | None = None
    description: str = ""
    input_schema: JsonObject
    output_schema: JsonObject | None = None
    annotations: JsonObject = Field(default_factory=dict)

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, 64 hexadecimal digits. Schemas may hold numbers that canonical JSON cannot carry."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


class _Pin(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    tool: Definition


class _Lock(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = "Tools of MCP servers as a person saw and accepted them. Written by `signoff mcp pin`; do not edit."
    servers: dict[str, dict[str, _Pin]] = Field(default_factory=dict)


def lock_of(path: Path) -> Path:
    """Where the pins of a file of servers lie: `mcp.lock.json` beside `mcp.yaml`."""
    return path.with_suffix(".lock.json")


def load(path: Path) -> Mapping[str, Tools]:
    """The pinned tools by server; none where there is no file yet. Raises BadServers."""
    try:
        lock = _Lock.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadServers(path, f"it cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        problems = "; ".join(f"{field}: {text}" for field, text in by_field(error).items())
        raise BadServers(
            path, f"{problems}. Take it from version control, or delete it and run `signoff mcp pin`."
        ) from error
    for server, pins in lock.servers.items():
        for name, pin in pins.items():
            if pin.tool.hash != pin.sha256 or pin.tool.name != name:
                why = f"the pin of {name!r} on {server} was edited by hand. Take it from version control, or run"
                raise BadServers(path, f"{why} `signoff mcp pin {server}` after deleting it.")
    return {server: {name: pin.tool for name, pin in pins.items()} for server, pins in lock.servers.items()}


def save(path: Path, pinned: Mapping[str, Tools]) -> None:
    """Write the lock file, the same for the same pins, and whole or not at all."""
    servers = {
        server: {name: _Pin(sha256=tool.hash, tool=tool) for name, tool in sorted(tools.items())}
        for server, tools in sorted(pinned.items())
        if tools
    }
    text = json.dumps(_Lock(servers=servers).model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
