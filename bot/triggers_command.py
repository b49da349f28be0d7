"""`signoff triggers list | secret | sign`: what starts runs by itself, and how to try a webhook."""

import base64
import json
import secrets
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.settings import Settings
    from bot.triggers.file import Mailbox, Schedule, Webhook
    from storage.records import JsonObject


@click.group()
def triggers() -> None:
    """See what starts runs by itself: the webhooks, mailboxes and schedules that SIGNOFF_TRIGGERS names.

    \b
    Example:
      signoff triggers list
      signoff triggers sign shop order.json
    """


@triggers.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_triggers(*, as_json: bool) -> None:
    """List them, with their agents, and when schedules come next. Exit code 1 if one cannot be used.

    \b
    Example:
      signoff triggers list
    """
    log_to_stderr("ERROR")
    settings = settings_or_exit()
    with plain_errors():
        found = list(_rows(settings))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(map(_line, found)) or "SIGNOFF_TRIGGERS names nothing that starts runs.")
    raise SystemExit(1 if any(row["problem"] for row in found) else 0)


@triggers.command()
def secret() -> None:
    """Make a secret for a webhook. Keep it in a variable that the file names, and give it to whoever calls.

    \b
    Example:
      echo "SHOP_WEBHOOK_SECRET=$(signoff triggers secret)" >> .env
    """
    from bot.triggers.webhook import SECRET_PREFIX

    click.echo(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


@triggers.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--url", help="Where Signoff is reached. [default: SIGNOFF_HOST and SIGNOFF_PORT]")
def sign(*, name: str, file: Path, url: str | None) -> None:
    """Print the call that sends FILE to the webhook NAME, signed: good for five minutes, and for one run.

    \b
    Example:
      signoff triggers sign shop order.json | sh
    """
    settings = settings_or_exit()
    with plain_errors():
        click.echo(_call(settings, name, file, url or f"http://{settings.host}:{settings.port}"))


def _call(settings: "Settings", name: str, file: Path, url: str) -> str:
    """Raises BadTriggers, BadSecret, BadParameter, OSError."""
    from bot.mcp_servers import environment
    from bot.triggers.file import load
    from bot.triggers.webhook import PREFIX, secret_of, signature

    hook = load(settings.triggers).webhooks.get(name)
    if hook is None:
        raise click.BadParameter(f"SIGNOFF_TRIGGERS names no webhook {name!r}.", param_hint="NAME")
    key = environment().get(hook.secret)
    if not key:
        raise click.BadParameter(f"set the variable {hook.secret}, which holds its secret.", param_hint="NAME")
    call, timestamp = f"msg_{secrets.token_hex(12)}", str(int(datetime.now(UTC).timestamp()))
    headers = {
        "webhook-id": call,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret_of(key), call, timestamp, file.read_bytes()),
    }
    given = [part for header, value in headers.items() for part in ("-H", f"{header}: {value}")]
    return shlex.join(["curl", "-sS", f"{url}{PREFIX}/{name}", *given, "--data-binary", f"@{file}"])


def _rows(settings: "Settings") -> "Iterator[JsonObject]":
    """Raises BadTriggers, and what the settings' systems raise."""
    from agents.shipped import agents
    from bot.app import systems_of
    from bot.mcp_servers import environment
    from bot.triggers.bound import problem
    from bot.triggers.file import load

    with closing(systems_of(settings)) as systems:
        known = [*agents(systems)]
    for name, entry in load(settings.triggers).entries.items():
        kind, _, own = name.partition(" ")
        wrong = problem(entry, known, environment())
        yield {"kind": kind, "name": own, "agent": entry.agent, "channel": entry.channel or settings.channel,
               "comes": _comes(own, entry), "problem": wrong}  # fmt: skip


def _comes(name: str, entry: "Webhook | Mailbox | Schedule") -> str:
    """Where its input comes from, or when."""
    from bot.triggers.file import Mailbox, Webhook
    from bot.triggers.schedule import coming
    from bot.triggers.webhook import PREFIX

    match entry:
        case Webhook():
            return f"POST {PREFIX}/{name}"
        case Mailbox():
            return str(entry.folder)
    at = coming(entry.cron, entry.timezone, datetime.now(UTC))
    return f"{entry.cron} {entry.timezone}" + (f", next {at:%Y-%m-%d %H:%M} UTC" if at else ", never again")


def _line(row: "JsonObject") -> str:
    said = f"{row['kind']:<8}  {row['name']}  →  {row['agent']}  ({row['comes']})"
    return f"{said}\n          {row['problem']}" if row["problem"] else said
