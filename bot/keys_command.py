"""`signoff keys create | list | revoke`: the keys with which other programs use the HTTP API."""

import getpass
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import click

from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from datetime import datetime

    from bot.flow.keys import Wanted
    from storage.records import ApiKey, Scope
    from storage.store import Store

SCOPES = ("request", "read", "report", "decide", "admin")
DAYS = {"d": 1, "w": 7, "y": 365}
LONGEST = 3650  # days

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


class Lasting(click.ParamType[timedelta]):
    """How long a key can be used: `90d`, `12w`, `1y`."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Raises BadParameter."""
        found = re.fullmatch(r"([0-9]{1,4})([dwy])", str(value))
        days = int(found[1]) * DAYS[found[2]] if found else 0
        if not 1 <= days <= LONGEST:
            self.fail(f"{value!r} is no time for a key: write days, weeks or years, such as 90d, 12w or 1y.", param, ctx)
        return timedelta(days=days)


@click.group()
def keys() -> None:
    """Let programs of other makes use the HTTP API.

    \b
    Example:
      signoff keys create billing-agent --owner anna@example.com --scope request --scope report
      signoff keys list
      signoff keys revoke key_4k7m2q9xva0d
    """


@keys.command()
@click.argument("name")
@click.option("--owner", required=True, help="Who answers for it: an e-mail address, or an account such as slack:T…:U….")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="May be given again.")
@click.option("--expires", type=Lasting(), help="How long it can be used, such as 90d.  [default: until revoked]")
@click.option("--per-minute", default=60, show_default=True, help="Calls that it may make, on each replica.")
@_json
def create(
    *, name: str, owner: str, scopes: tuple[str, ...], expires: timedelta | None, per_minute: int, as_json: bool
) -> None:
    """Make a key and print its token, once: only a hash of it is kept.

    request: ask, wait for and cancel. report: claim grants and report outcomes. read: see all that its owner asks for.
    decide: decide as its owner, and see every request. admin: see every request, and cancel any.
    A key cannot both request and decide.

    \b
    Example:
      signoff keys create billing-agent --owner anna@example.com --scope request --scope report --expires 90d
    """
    wanted = _wanted(name, owner, scopes, per_minute, expires)
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    key, token = run(lambda: _create(settings, wanted))
    if as_json:
        click.echo(json.dumps({**_facts(key), "token": token}, indent=2))
        return
    click.echo(f"{token}\n")
    click.echo(f"This is the token of {key.id}, and it is shown only now. Send it as `Authorization: Bearer …`.", err=True)


@keys.command("list")
@_json
def listed(*, as_json: bool) -> None:
    """List the keys, the newest first. Tokens are not among what is known of them.

    \b
    Example:
      signoff keys list
      signoff keys list --json
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    found, now = run(lambda: _list(settings))
    if as_json:
        click.echo(json.dumps([{**_facts(key), "state": _state(key, now)} for key in found], indent=2))
    elif not found:
        click.echo("There are no keys. `signoff keys create` makes one.")
    for key in () if as_json else found:
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
        who = f"{key.name} · {key.owner.key} · {', '.join(key.scopes)} · {key.per_minute} a minute"
        click.echo(f"{key.id}  {_state(key, now):<7}  {who} · {used}")


@keys.command()
@click.argument("key")
def revoke(*, key: str) -> None:
    """End KEY now: its id, or a whole token that was found somewhere. What it asked for stays.

    Exit code 0: it is revoked. 1: it was revoked before, or there is none.

    \b
    Example:
      signoff keys revoke key_4k7m2q9xva0d
    """
    from bot.flow.keys import id_of

    settings = settings_or_exit()
    log_to_stderr("ERROR")
    named = id_of(key.strip())
    if run(lambda: _revoke(settings, named)):
        click.echo(f"{named} is revoked.")
        return
    click.echo(f"There is no key {named} that could still be used.", err=True)
    sys.exit(1)


def operator() -> str:
    """Who types, for the audit log."""
    try:
        return f"operator:{getpass.getuser()}"
    except (OSError, KeyError):  # a container may run under a user id without a name
        return "operator:unknown"


def _wanted(name: str, owner: str, scopes: tuple[str, ...], per_minute: int, expires: timedelta | None) -> "Wanted":
    from bot.flow.accounts import API, BadAccount, person_named
    from bot.flow.keys import BadKey, Wanted

    try:
        return Wanted(name, person_named(owner, API), cast("tuple[Scope, ...]", scopes), per_minute, expires)
    except BadAccount as error:
        raise click.BadParameter(str(error), param_hint="--owner") from error
    except BadKey as error:
        raise click.UsageError(str(error)) from error


async def _create(settings: Settings, wanted: "Wanted") -> "tuple[ApiKey, str]":
    from bot.flow.ids import RandomIds
    from bot.flow.keys import create as made

    async with _store(settings) as store:
        return await store.write(lambda tx: made(tx, RandomIds(), wanted, operator()))


async def _list(settings: Settings) -> "tuple[list[ApiKey], datetime]":
    async with _store(settings) as store:
        return await store.read(lambda tx: ([*tx.keys()], tx.now()))


async def _revoke(settings: Settings, id: str) -> bool:
    from bot.flow.keys import revoke as ended

    async with _store(settings) as store:
        return await store.write(lambda tx: ended(tx, id, operator())) is not None


@asynccontextmanager
async def _store(settings: Settings) -> "AsyncIterator[Store]":
    from storage.sql.open import open_storage

    storage = await open_storage(settings.database_url)
    try:
        yield storage.store
    finally:
        await storage.close()


def _facts(key: "ApiKey") -> dict[str, object]:
    """What may be told of a key: everything but its hash."""
    return key.model_dump(mode="json", exclude={"secret_hash"})


def _state(key: "ApiKey", now: "datetime") -> str:
    from bot.flow.keys import over

    return {"was revoked": "revoked", "has expired": "expired"}.get(over(key, now) or "", "usable")
