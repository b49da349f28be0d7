"""The file that names MCP servers (SIGNOFF_MCP). It holds no secrets, only the names of variables that do.

servers:
  crm:
    command: python
    args: [crm_server.py]
    env: [CRM_TOKEN]                    # variables that are passed on to it; no others are, but PATH, HOME and the like
  tickets:
    url: https://tickets.example.com/mcp
    headers: {Authorization: TICKETS_AUTHORIZATION}   # header: variable with its value
    seconds: 20
"""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from agents.actions import AgentError, by_field

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]  # no _, so that `server_tool` has one reading
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class BadServers(AgentError):
    """The file of servers, or its lock file, cannot be used; the message says what is wrong and what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class Server(BaseModel):
    """One server: a `command` that is started and spoken to over stdio, or the `url` of one that speaks streamable HTTP.

    `seconds` is how long a call may take; the flow gives an action 60 in all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str | None = None
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    url: str | None = None
    headers: dict[str, Variable] = Field(default_factory=dict)
    seconds: float = Field(30.0, gt=0, le=40)
    folder: Path = Field(Path(), exclude=True)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("name either a `command` or a `url`")
        if self.url is not None and (self.args or self.env):
            raise ValueError("`args` and `env` go with `command`; with `url` there are `headers`")
        if self.command is not None and self.headers:
            raise ValueError("`headers` go with `url`; with `command` there are `args` and `env`")
        if self.url is not None and not _safe(self.url):
            raise ValueError("`url` begins with https://, or with http:// where it is this machine, and holds no password")
        return self

    @property
    def variables(self) -> frozenset[str]:
        """The variables that hold what this file does not."""
        return frozenset(self.env) | frozenset(self.headers.values())


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: dict[Name, Server]


def load(path: Path) -> Mapping[str, Server]:
    """The servers that `path` names. Raises BadServers."""
    try:
        written = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        servers = _File.model_validate(written).servers
    except OSError as error:
        raise BadServers(path, f"it cannot be read ({error.strerror}). Mend SIGNOFF_MCP, which names it.") from error
    except (UnicodeDecodeError, YAMLError) as error:
        raise BadServers(path, f"it is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise BadServers(path, "; ".join(f"{field}: {text}" for field, text in by_field(error).items())) from error
    return {name: server.model_copy(update={"folder": path.parent}) for name, server in servers.items()}


def _safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and "@" not in parts.netloc and (parts.scheme == "https" or (parts.scheme == "http" and _local(host)))


def _local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
