"""`signoff db accept-clock`."""

from typing import TYPE_CHECKING

import click

from bot.keys_command import operator
from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when the command runs
    from bot.flow.clock import Accepted


@click.command("accept-clock")
@click.confirmation_option("--yes", prompt="Is this machine's clock right now?", help="Do not ask whether it is.")
def accept_clock() -> None:
    """Go on after this machine's clock was ahead, and is right again.

    With SQLite, Signoff decides nothing while the clock is behind the newest entry of the audit chain. This writes an entry
    of its own, and ends the requests that were made in that future. Stop `signoff serve` before and start it after.

    \b
    Example:
      signoff db accept-clock --yes
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    accepted = run(lambda: _accepted(settings))
    if accepted is None:
        click.echo("The clock is not behind the audit chain, so there is nothing to accept.")
        return
    click.echo(
        f"Accepted: it is {accepted.now:%Y-%m-%d %H:%M} UTC, and the clock once said {accepted.ahead:%Y-%m-%d %H:%M} UTC. "
        f"Requests ended because of it: {len(accepted.ended)}."
    )


async def _accepted(settings: Settings) -> "Accepted | None":
    from bot.app import at_hand, systems_of
    from bot.flow.clock import accept
    from storage.clock import utc_now

    systems = systems_of(settings)
    try:
        async with at_hand(settings, systems, clock=utc_now) as signoff:
            return await signoff.store.write(lambda tx: accept(tx, signoff, operator()))
    finally:
        systems.close()
