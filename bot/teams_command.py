"""`signoff teams package`."""

import json
from pathlib import Path

import click

from bot.terminal import plain_errors, settings_or_exit


@click.group()
def teams() -> None:
    """Connect to Microsoft Teams.

    \b
    Example:
      signoff teams package --out signoff-teams.zip
    """


@teams.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default="signoff-teams.zip", show_default=True,
    help="The file to write.",
)  # fmt: skip
@click.option("--app-id", help="Id of the Azure bot's app; without it SIGNOFF_TEAMS_APP_ID.")
@click.option("--name", default="Signoff", show_default=True, help="What the app is called in Teams.")
@click.option("--website", help="Your page about it, which Teams shows to people who look the app up.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead, and write nothing.")
def package(*, out: Path, app_id: str | None, name: str, website: str | None, as_json: bool) -> None:
    """Write the app package that is uploaded in Teams.

    \b
    Example:
      signoff teams package --app-id 9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a11 --website https://intranet.example.com/signoff
    """
    from bot.teams.package import WEBSITE, App, BadPackage, manifest
    from bot.teams.package import package as packed

    wanted = app_id or settings_or_exit().teams_app_id
    if not wanted:
        raise click.UsageError("Which app? Set SIGNOFF_TEAMS_APP_ID, or give --app-id: the app id of the Azure bot.")
    app = App(wanted, name, website or WEBSITE)
    try:
        if as_json:
            click.echo(json.dumps(manifest(app), indent=2, ensure_ascii=False))
            return
        content = packed(app)
    except BadPackage as error:
        raise click.UsageError(str(error)) from error
    with plain_errors():
        out.write_bytes(content)
    click.echo(f"{out} is written. In Teams: Apps, Manage your apps, Upload an app.")
    if website is None:
        click.echo("Its links lead nowhere: give --website with a page of yours before others see it.", err=True)
