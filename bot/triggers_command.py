"""`signoff triggers list | sign`: what starts runs beside people, and how to try a webhook."""

import json
import secrets
import shlex
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.settings import Settings
    from bot.triggers.file import Triggers
    from bot.triggers.listing import Row


@click.group()
def triggers() -> None:
    """See the webhooks, mailboxes and schedules that SIGNOFF_TRIGGERS names, and try a webhook.

    \b
    Example:
      signoff triggers list
      signoff triggers sign crm ticket.json
    """


@triggers.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_triggers(*, as_json: bool) -> None:
    """List what starts runs: agent, path, folder or cron line, and when it is due next.

    \b
    Example:
      signoff triggers list
    """
    from bot.triggers.listing import rows

    log_to_stderr("ERROR")
    found = list(rows(_loaded(settings_or_exit()), datetime.now(UTC)))
    if as_json:
        click.echo(json.dumps([_json(row) for row in found], ensure_ascii=False, indent=2))
        return
    width = max((len(f"{row.kind} {row.name}") for row in found), default=0)
    for row in found:
        click.echo(f"{f'{row.kind} {row.name}':<{width}}  {row.sentence}")
    if not found:
        click.echo("SIGNOFF_TRIGGERS names no triggers.")


@triggers.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="Address of this service.  [default: SIGNOFF_HOST and SIGNOFF_PORT]")
def sign(*, name: str, file: Path, url: str | None) -> None:
    """Print the curl line that sends FILE to the webhook NAME, signed. It is good for five minutes.

    \b
    Example:
      signoff triggers sign crm ticket.json | sh
    """
    from bot.mcp_servers import environment
    from bot.triggers.signature import keys_in
    from bot.triggers.signature import sign as signature
    from bot.triggers.webhook import HEADERS, PREFIX

    log_to_stderr("ERROR")
    settings = settings_or_exit()
    webhooks = _loaded(settings).webhooks
    if name not in webhooks:
        raise click.BadParameter(f"there is no webhook {name!r}. There are: {', '.join(webhooks) or 'none'}.")
    with plain_errors():
        body = file.read_bytes()
    newest = keys_in(environment()[webhooks[name].secret])[0]
    message, timestamp = f"msg_{secrets.token_hex(8)}", f"{datetime.now(UTC).timestamp():.0f}"
    stamp = (message, timestamp, signature(newest, message, timestamp, body))
    headers = [part for header, value in zip(HEADERS, stamp, strict=True) for part in ("-H", f"{header}: {value}")]
    address = f"{(url or f'http://{settings.host}:{settings.port}').rstrip('/')}{PREFIX}/{name}"
    click.echo(shlex.join(["curl", "-sS", *headers, "--data-binary", f"@{file}", address]))


def _loaded(settings: "Settings") -> "Triggers":
    from agents import shipped
    from bot.app import systems_of
    from bot.mcp_servers import environment
    from bot.triggers.file import load
    from bot.triggers.running import around

    with plain_errors(), closing(systems_of(settings)) as systems:
        return load(settings.triggers, around(settings, shipped.agents(systems), environment()))


def _json(row: "Row") -> dict[str, str | None]:
    return {
        "kind": row.kind, "name": row.name, "agent": row.agent, "where": row.where, "channel": row.channel,
        "next": row.next.isoformat() if row.next else None,
    }  # fmt: skip
