"""`signoff trace`: what runs did, step by step."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.settings import Settings
from bot.since import Since, begin
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:
    from bot.traces.records import Trace
    from storage.records import JsonObject, Run, RunStatus
    from storage.store import Store, Transaction

STATUSES = ("ready", "running", "waiting", "succeeded", "failed", "blocked", "cancelled")


@click.group()
def trace() -> None:
    """Show what runs did, step by step.

    \b
    Example:
      signoff trace list --agent support --since 7d
      signoff trace show run_akfp
    """


@trace.command("list")
@click.option("--agent", help="Only runs of this agent.")
@click.option("--status", type=click.Choice(STATUSES), help="Only runs that stand so.")
@click.option("--since", type=Since(), help="Only runs that began since then: 30m, 24h, 7d, or a date.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each run, a line each.")
def list_runs(
    *, agent: str | None, status: str | None, since: timedelta | datetime | None, limit: int, as_json: bool
) -> None:
    """List the newest runs.

    \b
    Example:
      signoff trace list
      signoff trace list --status failed --since 24h --json
    """
    from bot.traces.text import run_line
    from storage.records import RunStatus

    settings = settings_or_exit()
    log_to_stderr("ERROR")
    wanted = RunStatus(status) if status else None
    found = run(lambda: _runs(settings, agent, wanted, since, limit))
    for one in found:
        click.echo(json.dumps(_row(one)) if as_json else run_line(one))
    if not found and not as_json:
        click.echo("There is no such run.")


@trace.command()
@click.argument("run_id", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="The whole trace as one JSON object (see `signoff trace schema`).")
def show(*, run_id: str, as_json: bool) -> None:
    """Show one run: RUN is its id, the beginning of it, or the id of one of its requests.

    \b
    Example:
      signoff trace show run_akfpcdfh
      signoff trace show req_4f2a --json | jq .total_cost_usd
    """
    from bot.traces.text import trace_text

    settings = settings_or_exit()
    log_to_stderr("ERROR")
    found = run(lambda: _trace(settings, run_id))
    click.echo(found.model_dump_json(indent=2) if as_json else trace_text(found))


@trace.command()
def schema() -> None:
    """Print the JSON Schema of a trace.

    \b
    Example:
      signoff trace schema > trace.schema.json
    """
    from bot.traces.records import Trace

    click.echo(json.dumps(Trace.model_json_schema(mode="serialization"), indent=2))


async def _runs(
    settings: Settings, agent: str | None, status: "RunStatus | None", since: timedelta | datetime | None, limit: int
) -> "Sequence[Run]":
    def look(tx: "Transaction") -> "Sequence[Run]":
        begun = None if since is None else begin(since, tx.now())
        return tx.runs(limit=limit, agent=agent, status=status, since=begun)

    async with _store(settings) as store:
        return await store.read(look)


async def _trace(settings: Settings, run_id: str) -> "Trace":
    from agents import shipped
    from bot.app import systems_of
    from bot.traces.build import trace_of
    from bot.traces.read import rows_of, run_named

    with closing(systems_of(settings)) as systems:
        actions = shipped.actions(systems)
        async with _store(settings) as store:
            rows = await store.read(lambda tx: rows_of(tx, run_named(tx, run_id)))
    return trace_of(rows, actions)


def _row(found: "Run") -> "JsonObject":
    names = ("agent", "agent_version", "level", "status", "total_latency_ms", "total_cost_usd", "success")
    row = {name: getattr(found, name) for name in names}
    times = {"started_at": found.created_at.isoformat(), "human_wait_ms": found.waited_ms}
    return {"session_id": found.id, **row, **times, "input": found.input}


@asynccontextmanager
async def _store(settings: Settings) -> "AsyncIterator[Store]":
    from storage.sql.open import open_storage

    storage = await open_storage(settings.database_url)
    try:
        yield storage.store
    finally:
        await storage.close()
