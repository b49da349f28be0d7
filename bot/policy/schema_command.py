"""`signoff policy schema`: the JSON Schema of policy files, for editors."""

import json
from pathlib import Path

import click

from bot.terminal import plain_errors


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it there.")
def schema(*, out: Path | None) -> None:
    """Print the JSON Schema of policy files, with which editors complete keys and mark mistakes as you type.

    \b
    Example:
      signoff policy schema --out policy.schema.json
    """
    from policies.schema import file_schema

    text = json.dumps(file_schema(), ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
        return
    with plain_errors():
        out.write_text(f"{text}\n", "utf-8")
    click.echo(f"Written: {out}. Begin policy files with")
    click.echo(f"# yaml-language-server: $schema={out.name}")
