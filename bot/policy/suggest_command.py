"""`signoff policy suggest`: which rules have earned more freedom, and which less. It only reads."""

import json
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.policy.backtest_command import SINCE, progress, width
from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.policy.advice import Advice
    from bot.policy.compare import Wanted


@click.command()
@SINCE
@click.option(
    "--bound",
    type=click.FloatRange(0.1, 50),
    default=5.0,
    show_default=True,
    help="Largest share of objections, in percent, that the evidence must rule out.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def suggest(*, since: timedelta | datetime, bound: float, as_json: bool) -> None:
    """Suggest rules to loosen and to tighten, by what people decided, each with its evidence and the change of the file.

    Nothing is applied. Each suggestion is tried on the history first. An action is only let run by itself if it says that
    it can be undone.

    \b
    Example:
      signoff policy suggest
      signoff policy suggest --since 180d --bound 1 --json
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    from bot.policy.compare import Wanted
    from bot.policy.suggest_told import as_json as told
    from bot.policy.suggest_told import written

    advice = run(lambda: _advice(settings, Wanted(since), bound / 100))
    if as_json:
        click.echo(json.dumps(told(advice), indent=2))
    else:
        click.echo(written(advice, width=width(), colour=sys.stdout.isatty()))


async def _advice(settings: Settings, wanted: "Wanted", bound: float) -> "Advice":
    from bot.policy.advice import advised
    from bot.policy.compare import grounds

    with progress() as tell:
        async with grounds(settings) as here:
            return await advised(here, settings.policy, wanted, bound, tell)
