"""`signoff audit verify | show`. Both only read, and may run beside a `signoff serve`."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from storage.store import Store
    from storage.verification import Verification

LONG = 10_000  # entries from which on somebody who waits wants to see how far it is

_anchors = click.option(
    "--anchors",
    "files",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="File of anchors, or log lines with them; may be given again.  [default: SIGNOFF_AUDIT_ANCHORS]",
)
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def audit() -> None:
    """Answer an auditor: who approved what, and was anything changed afterwards.

    \b
    Example:
      signoff audit verify
      signoff audit show req_4s24
    """


@audit.command()
@_anchors
@_json
def verify(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Verify the audit chain, entry by entry, and against the anchors kept outside the database.

    Exit code 0: it holds. 1: it is broken. 2: it could not be verified.

    \b
    Example:
      signoff audit verify
      signoff audit verify --anchors /mnt/worm/replica-1.jsonl --anchors /mnt/worm/replica-2.jsonl
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    seen, notes = run(lambda: _verify(settings, files))
    if as_json:
        broken = [{"seq": each.seq, "reason": each.reason} for each in seen.breaks]
        about = {"entries": seen.entries, "seq": seen.seq, "hash": seen.hash, "anchors": seen.anchors, "found": seen.found}
        click.echo(json.dumps({"holds": seen.holds, **about, "breaks": broken, "notes": notes}, indent=2))
    else:
        click.echo("\n".join([*_verified(seen), *(f"Note: {note}" for note in notes)]))
    sys.exit(0 if seen.holds else 1)


@audit.command()
@click.argument("request")
@_anchors
@_json
def show(*, request: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Tell the whole story of REQUEST, an id or its beginning, the cards as shown included.

    Exit code 0: the story is true to itself and the chain holds around it. 1: something is wrong. 2: it could not be told.

    \b
    Example:
      signoff audit show req_4f2a
      signoff audit show req_4f2a --json > evidence.json
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    fine, told = run(lambda: _show(settings, request, files, as_json))
    click.echo(told)
    sys.exit(0 if fine else 1)


async def _verify(settings: Settings, files: tuple[Path, ...]) -> "tuple[Verification, tuple[str, ...]]":
    from bot.audit.anchored import known, notes_of
    from storage.verification import verify_chain

    witnesses = known(files, settings.audit_anchors)  # before the chain, which may grow meanwhile
    async with _store(settings) as store:
        seen = await verify_chain(store, witnesses.anchors, progress=_progress())
    return seen, notes_of(witnesses, seen)


async def _show(settings: Settings, request: str, files: tuple[Path, ...], as_json: bool) -> tuple[bool, str]:
    from agents import shipped
    from bot.app import systems_of
    from bot.audit.anchored import known
    from bot.audit.around import around
    from bot.audit.checks import checks
    from bot.audit.export import story_json
    from bot.audit.story import story
    from bot.audit.text import story_text

    witnesses = known(files, settings.audit_anchors)
    systems = systems_of(settings)
    try:
        actions = shipped.actions(systems)
        async with _store(settings) as store:
            told = await store.read(lambda tx: story(tx, request))
            stretch = await around(store, told, witnesses.anchors)
    finally:
        systems.close()
    checked = checks(told)
    make: Callable[..., str] = story_json if as_json else story_text
    return all(each.ok for each in checked) and stretch.seen.holds, make(actions, told, checked, stretch)


@asynccontextmanager
async def _store(settings: Settings) -> "AsyncIterator[Store]":
    from storage.sql.open import open_storage

    storage = await open_storage(settings.database_url)
    try:
        yield storage.store
    finally:
        await storage.close()


def _verified(seen: "Verification") -> list[str]:
    if seen.holds:
        fit = f", and all {seen.anchors} anchors fit" if seen.anchors else ""
        return [f"The audit chain holds: {seen.entries} entries, up to {seen.seq} with hash {seen.hash}{fit}."]
    more = [f"  and {seen.found - len(seen.breaks)} more"] if seen.found > len(seen.breaks) else []
    lines = [f"  {each.seq}: {each.reason}" for each in seen.breaks]
    return [f"The audit chain is BROKEN in {seen.found} places, of {seen.entries} entries:", *lines, *more]


def _progress() -> Callable[[int], None]:
    """Tells a person at a terminal how far a long chain is verified."""

    def tell(seq: int) -> None:
        if seq % LONG == 0 and sys.stderr.isatty():
            click.echo(f"\r{seq:,} entries verified", nl=False, err=True)

    return tell
