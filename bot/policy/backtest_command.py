"""`signoff policy backtest`: what another policy would have made of what was proposed. It only reads."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.settings import Settings
from bot.since import Since
from bot.terminal import log_to_stderr, plain_errors, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.policy.compare import Report, Wanted

STEP = 1_000  # proposals after which somebody who waits is told again how far it is
NARROWEST, WIDEST = 80, 140  # characters of a line

SINCE = click.option(
    "--since", type=Since(), default="90d", show_default=True, help="From when on: 90d, 12h, 2w, or a date."
)


@click.command()
@click.option(
    "--candidate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The policy file to compare with the one in force (SIGNOFF_POLICY).",
)
@SINCE
@click.option("--agent", help="Only what this agent proposed.")
@click.option("--action", help="Only proposals of this action.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as a page to FILE.html.")
def backtest(
    *,
    candidate: Path,
    since: timedelta | datetime,
    agent: str | None,
    action: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Judge again what was proposed, by the policy in force and by another, and compare both with what people decided.

    Exit code 0: nothing speaks against the candidate. 1: it would have run by itself what people rejected or edited.
    2: the two could not be compared.

    \b
    Example:
      signoff policy backtest --candidate new-policy.yaml
      signoff policy backtest --candidate new-policy.yaml --since 2026-08-01 --out report.html
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    from bot.policy.backtest_page import page
    from bot.policy.backtest_terminal import written
    from bot.policy.backtest_told import as_json as told
    from bot.policy.compare import Wanted

    report = run(lambda: _report(settings, candidate, Wanted(since, agent, action)))
    if out is not None:
        with plain_errors():
            out.write_text(page(report), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(told(report), indent=2))
    else:
        click.echo(written(report, width=width(), colour=sys.stdout.isatty()))
        if out is not None:
            click.echo(f"\nThe page is {out}.")
    sys.exit(1 if report.found.contradicted else 0)


async def _report(settings: Settings, candidate: Path, wanted: "Wanted") -> "Report":
    from bot.policy.compare import compared, grounds

    with progress() as tell:
        async with grounds(settings) as here:
            return await compared(here, settings.policy, candidate, wanted, tell)


def width() -> int:
    """Characters of a line here."""
    return min(max(shutil.get_terminal_size((WIDEST, 24)).columns, NARROWEST), WIDEST)


@contextmanager
def progress() -> Iterator[Callable[[int], None]]:
    """Tells a person at a terminal how far a long history is judged, on a line that is empty again afterwards."""
    seen = sys.stderr.isatty()

    def tell(count: int) -> None:
        if seen and count % STEP == 0:
            click.echo(f"\r{count:,} proposals judged", nl=False, err=True)

    try:
        yield tell
    finally:
        if seen:
            click.echo("\r\x1b[K", nl=False, err=True)
