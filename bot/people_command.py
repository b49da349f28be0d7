"""`signoff people link | unlink | list`. They may run beside a `signoff serve`; clicks from then on count accordingly."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from storage.records import Identity
    from storage.store import Transaction

T = TypeVar("T")

_SLACK = re.compile(r"slack:[TE][A-Z0-9]{1,20}:[UW][A-Z0-9]{1,20}")
_OTHER = re.compile(r"(?!slack:)[a-z]{2,20}:[^\s:]{1,100}:[^\s]{1,200}")


def _account(context: click.Context, parameter: click.Parameter, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    written = (value,) if isinstance(value, str) else value
    keys = tuple(each.lower() if each.startswith("teams:") else each for each in written)
    for key in keys:
        if not (_SLACK.fullmatch(key) or _OTHER.fullmatch(key)):
            raise click.BadParameter(f"{key!r} is no account: write slack:T024BE7LD:U0MIA, teams:TENANT:USER or the like.")
    return keys[0] if isinstance(value, str) else keys


@click.group()
def people() -> None:
    """Say which accounts belong to one human, who then counts once and never decides on what they asked for.

    Accounts with the same e-mail address are one human without being linked.

    \b
    Example:
      signoff people link slack:T024BE7LD:U0MIA teams:9f3c:8a41
      signoff people list
    """


@people.command()
@click.argument("keys", nargs=-1, required=True, callback=_account, metavar="KEY KEY [KEY …]")
def link(*, keys: tuple[str, ...]) -> None:
    """Say that these accounts, and all that are linked to them already, belong to one human.

    \b
    Example:
      signoff people link slack:T024BE7LD:U0MIA teams:9f3c:8a41
    """
    wanted = tuple(dict.fromkeys(keys))
    if len(wanted) < 2:
        raise click.UsageError("Name at least two different accounts: one alone is linked to nothing.")
    from bot.flow.humans import link as linked
    from bot.flow.ids import RandomIds

    accounts = _done(lambda tx: linked(tx, RandomIds(), wanted))
    click.echo(f"One human: {', '.join(accounts)}.")


@people.command()
@click.argument("key", callback=_account)
def unlink(*, key: str) -> None:
    """Say that an account is not of the same human as any other.

    \b
    Example:
      signoff people unlink teams:9f3c:8a41
    """
    from bot.flow.humans import unlink as unlinked

    left = _done(lambda tx: unlinked(tx, key))
    if left is None:
        raise click.BadParameter(
            f"{key} is not linked. `signoff people list` shows the accounts that are.", param_hint="KEY"
        )
    click.echo(f"{key} stands alone now." + (f" Still one human: {', '.join(left)}." if left else ""))


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_people(*, as_json: bool) -> None:
    """List the humans whose accounts were linked, one a line.

    \b
    Example:
      signoff people list
      signoff people list --json
    """
    from bot.flow.humans import humans_of

    found = _done(lambda tx: humans_of(tx.identities()))
    if as_json:
        rows = [{"human": human, "accounts": [_row(each) for each in accounts]} for human, accounts in found.items()]
        click.echo(json.dumps(rows, indent=2))
    elif not found:
        click.echo("No accounts are linked.")
    else:
        click.echo("\n".join("  ".join(each.person.key for each in accounts) for accounts in found.values()))


def _row(identity: "Identity") -> dict[str, str]:
    return {"key": identity.person.key, "since": identity.created_at.isoformat()}


def _done(work: "Callable[[Transaction], T]") -> T:
    """What `work` returns, after its commit."""
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    return run(lambda: _in_store(settings, work))


async def _in_store(settings: Settings, work: "Callable[[Transaction], T]") -> T:
    from storage.sql.open import open_storage

    storage = await open_storage(settings.database_url)
    try:
        return await storage.store.write(work)
    finally:
        await storage.close()
