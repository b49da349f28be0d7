"""The commands: `signoff demo | serve | check | agents | mcp | triggers | run | decide | keys | people | audit | db |
slack | teams`.

Exit codes: 0 done, 1 it ran and something is not as it should be, 2 it could not run as asked.
"""

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path

import click

from bot.agents_command import agents
from bot.audit.command import audit
from bot.clock_command import accept_clock
from bot.decide_command import decide
from bot.keys_command import keys
from bot.mcp_command import mcp
from bot.packages import ForeignPackage, own_packages
from bot.pages.command import pages
from bot.people_command import people
from bot.policy.command import policy
from bot.run_command import run_agent
from bot.settings import Settings, described
from bot.teams_command import teams
from bot.terminal import log_to_stderr, plain_errors, run, settings_or_exit
from bot.traces.command import trace
from bot.triggers_command import triggers


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="signoff")
def main() -> None:
    """Signoff puts a human signature between AI agents and the world.

    \b
    Example:
      signoff demo          try it in a browser, without any account
      signoff check         say what is missing to serve a real workspace
      signoff serve         serve it
    """
    try:
        own_packages()
    except ForeignPackage as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--once", is_flag=True, help="Play the story without a browser, then exit.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON object for each step.")
@click.option("--ticket", type=click.Path(path_type=Path), help="With --once: a ticket of your own, text or .eml.")
@click.option("--port", default=0, show_default="any free one", help="Port of the page.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the demo's files there, and go on from them."
)
def demo(*, once: bool, as_json: bool, ticket: Path | None, port: int, keep: Path | None) -> None:
    """Try Signoff on this machine: a Slack-like channel, an agent, a mailbox, a billing system.

    \b
    Example:
      signoff demo
      signoff demo --once --json
      signoff demo --once --ticket my-ticket.eml
    """
    if (as_json or ticket) and not once:
        raise click.UsageError("--json and --ticket go with --once.")
    log_to_stderr("WARNING")
    text = _ticket(ticket) if ticket else None
    with contextlib.ExitStack() as stack:
        directory = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-demo-")))
        if once:
            sys.exit(run(lambda: _story(directory, text, as_json)))
        run(lambda: _demo(directory, port))


@main.command()
@click.option(
    "--role", type=click.Choice(["all", "web", "worker"]), default="all", show_default=True, help="What this replica does."
)
def serve(role: str) -> None:
    """Serve Slack, Microsoft Teams or both, with the settings of the environment and `.env`.

    \b
    Example:
      SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… signoff serve
    """
    settings = settings_or_exit()
    log_to_stderr(settings.log_level)
    run(lambda: _serve(settings, role))


@main.command()
@click.option("--settings", "list_settings", is_flag=True, help="List every setting with its value, secrets masked.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def check(*, list_settings: bool, as_json: bool) -> None:
    """Say in plain words what is missing or wrong.

    \b
    Example:
      signoff check
      signoff check --settings
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    if list_settings:
        _print_settings(settings, as_json)
        return
    from bot.check import findings

    found = run(lambda: findings(settings))
    if as_json:
        click.echo(json.dumps([{"ok": f.ok, "subject": f.subject, "message": f.message} for f in found], indent=2))
    else:
        for finding in found:
            click.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.subject}: {finding.message}")
    sys.exit(0 if all(finding.ok for finding in found) else 1)


main.add_command(agents)
main.add_command(run_agent)
main.add_command(audit)
main.add_command(pages)
main.add_command(people)
main.add_command(decide)
main.add_command(keys)
main.add_command(teams)
main.add_command(mcp)
main.add_command(trace)
main.add_command(triggers)
main.add_command(policy)


@main.group()
def db() -> None:
    """Look after the database.

    \b
    Example:
      signoff db upgrade
    """


@db.command()
def upgrade() -> None:
    """Create the tables, or bring them up to date. Running it again changes nothing.

    \b
    Example:
      SIGNOFF_DATABASE_URL=postgresql://signoff@db/signoff signoff db upgrade
    """
    from bot.app import prepare_customers
    from storage.sql.schema import upgrade as upgraded

    settings = settings_or_exit()
    with plain_errors():
        prepare_customers(settings)
        click.echo(f"The database is at revision {upgraded(settings.database_url)}.")


db.add_command(accept_clock)


@main.group()
def slack() -> None:
    """Connect to Slack.

    \b
    Example:
      signoff slack manifest --url https://signoff.example.com
    """


@slack.command()
@click.option(
    "--url", help="Public address of this service, for HTTP mode; without it, the Socket Mode manifest is printed."
)
def manifest(url: str | None) -> None:
    """Print the manifest to create the Slack app from.

    \b
    Example:
      signoff slack manifest --url https://signoff.example.com
    """
    from bot.slack.manifest import BadUrl
    from bot.slack.manifest import manifest as made

    try:
        click.echo(json.dumps(made(url), indent=2))
    except BadUrl as error:
        raise click.BadParameter(str(error), param_hint="--url") from error


async def _demo(directory: Path, port: int) -> None:
    from bot.demo import demo as running

    async with running(directory, port=port) as made:
        click.echo(f"\n  The sandbox is open at  {made.sandbox.url}\n")
        click.echo("  Press a sample ticket, then switch to Ravi to decide. Ctrl+C ends it.\n")
        await _until_told_to_stop()


async def _story(directory: Path, ticket: str | None, as_json: bool) -> int:
    from bot.demo import demo as running
    from bot.sandbox.samples import samples
    from bot.story import Storyteller

    fine = True
    async with running(directory) as made:
        teller = Storyteller(made, ticket or samples()[0]["text"], lower=ticket is None)
        async for told in teller.tell():
            fine = fine and told.ok
            if as_json:
                click.echo(
                    json.dumps({"step": told.step, "ok": told.ok, "text": told.text, **told.facts}, ensure_ascii=False)
                )
            else:
                click.echo(f"  {'✓' if told.ok else '✗'} {told.step:<9} {told.text}")
    return 0 if fine else 1


async def _serve(settings: Settings, role: str) -> None:
    from bot.app import Role, assembled, systems_of

    chosen: Role = "web" if role == "web" else "worker" if role == "worker" else "all"
    systems = systems_of(settings)
    try:
        async with assembled(settings, systems, role=chosen) as replica:
            click.echo(f"Signoff serves, and listens on {replica.web}.")
            serving = asyncio.create_task(replica.serve(chosen))
            stopping = asyncio.create_task(_until_told_to_stop())
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
    finally:
        systems.close()


async def _until_told_to_stop() -> None:
    """Until Ctrl+C or a SIGTERM from whoever runs this service."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, told.set)
    await told.wait()


def _print_settings(settings: Settings, as_json: bool) -> None:
    rows = described(settings)
    if as_json:
        click.echo(json.dumps({name: {"value": value, "description": text} for name, value, text in rows}, indent=2))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, text in rows:
        click.echo(f"{name:<{width}}  {value}\n{'':<{width}}  {text}")


def _ticket(path: Path) -> str:
    from agents.mail import TicketRejected, ticket_input

    try:
        return ticket_input(path.read_bytes())
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint="--ticket") from error
    except TicketRejected as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--ticket") from error
