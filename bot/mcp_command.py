"""`signoff mcp pin | show`: a person looks at the tools of MCP servers, and accepts them."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.terminal import log_to_stderr, plain_errors, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from agents.mcp_servers.hub import McpServers, Standing
    from agents.mcp_servers.pins import Definition
    from bot.settings import Settings
    from storage.records import JsonObject


@click.group()
def mcp() -> None:
    """See the MCP servers that SIGNOFF_MCP names, and accept their tools.

    A tool that was not accepted is no action, and one that has changed since is not called.

    \b
    Example:
      signoff mcp show
      signoff mcp pin crm
    """


@mcp.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(*, as_json: bool) -> None:
    """Compare each server with its pins. Exit code 1 if one is not as it was pinned.

    \b
    Example:
      signoff mcp show
    """
    log_to_stderr("ERROR")
    settings = settings_or_exit()
    found = run(lambda: _looked(settings))
    if as_json:
        click.echo(json.dumps([_row(each) for each in found], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(line for each in found for line in _summary(each)) or "SIGNOFF_MCP names no servers.")
    raise SystemExit(0 if all(each.as_pinned for each in found) else 1)


@mcp.command()
@click.argument("server", required=False)
@click.option("--yes", is_flag=True, help="Accept without being asked.")
def pin(*, server: str | None, yes: bool) -> None:
    """Show what is new and what changed on SERVER, or on all of them, and pin it if you accept it.

    \b
    Example:
      signoff mcp pin crm
    """
    log_to_stderr("ERROR")
    settings = settings_or_exit()
    found = run(lambda: _looked(settings, server))
    for each in found:
        click.echo("\n".join((*_summary(each), *_details(each))))
        if not each.unreachable and (each.changed or each.gone or set(each.new) - set(each.unfit)):
            _accept(settings, each, yes=yes)
    raise SystemExit(1 if any(each.unreachable for each in found) else 0)


def _accept(settings: "Settings", standing: "Standing", *, yes: bool) -> None:
    if not (yes or click.confirm(f"Pin what {standing.name} has now?", default=False)):
        click.echo("Nothing was changed.")
        return
    with plain_errors():
        servers = _servers(settings)[0].accept(standing)
    click.echo(f"{len(servers.pinned[standing.name])} tools of {standing.name} are pinned.")


def _servers(settings: "Settings") -> "tuple[McpServers, frozenset[str]]":
    """The servers, and the names of all actions but theirs. Own agents are not loaded: they may wait for a pin."""
    from agents.mcp_servers.hub import McpServers
    from agents.shipped import actions
    from bot.app import systems_of

    with closing(systems_of(settings.model_copy(update={"agents": ()}))) as systems:
        return systems.servers, frozenset(actions(replace(systems, servers=McpServers())))


async def _looked(settings: "Settings", only: str | None = None) -> "list[Standing]":
    """How the servers stand. Raises BadServers, BadParameter."""
    servers, names = _servers(settings)
    if only is not None and only not in servers.servers:
        raise click.BadParameter(f"there is no server {only!r}. There are: {', '.join(servers.servers) or 'none'}.")
    try:
        return [await servers.standing(name, names) for name in servers.servers if only in (None, name)]
    finally:
        await servers.close()


def _summary(standing: "Standing") -> Iterator[str]:
    """A server and its tools, a line for each."""
    from agents.mcp_servers.screening import action_name
    from agents.mcp_servers.unseen import plain

    yield f"{standing.name}: {standing.unreachable or 'it answers.'}"
    for name in standing.pinned:
        state = "changed" if name in standing.changed else "gone" if name in standing.gone else "as pinned"
        yield f"  {action_name(standing.name, name)}  {'pinned' if standing.unreachable else state}"
    for name in standing.new:
        yield f"  {plain(action_name(standing.name, name), 100)}  not pinned"
    for name, why in standing.unfit.items():
        yield f"  {plain(name, 100)}  cannot be pinned. {why}"


def _details(standing: "Standing") -> Iterator[str]:
    """What a person has to look at: whole definitions of new tools, and what changed of others."""
    for name in standing.new:
        if name not in standing.unfit:
            yield f"\nNew: {name}"
            yield from _definition(standing.now[name])
    for name, lines in standing.changed.items():
        yield f"\nChanged: {name}"
        yield from (f"  {line}" for line in lines)
    yield ""


def _definition(tool: "Definition") -> Iterator[str]:
    from agents.mcp_servers.unseen import plain

    yield from (f"  > {line}" for line in plain(tool.description).split("\n"))
    yield f"  takes: {plain(json.dumps(tool.input_schema, ensure_ascii=False))}"
    if tool.annotations:
        yield f"  claims, which count for nothing here: {plain(json.dumps(tool.annotations, ensure_ascii=False))}"


def _row(standing: "Standing") -> "JsonObject":
    return {
        "server": standing.name, "unreachable": standing.unreachable or None, "pinned": list(standing.pinned),
        "changed": {name: list(lines) for name, lines in standing.changed.items()},
        "gone": list(standing.gone), "new": list(standing.new), "cannot_be_pinned": dict(standing.unfit),
    }  # fmt: skip
