"""What every command of the terminal shares: settings, logging, and errors told in words with exit code 2."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from bot.settings import Settings
from storage.redaction import redacted

T = TypeVar("T")


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of `work`, on an event loop of its own, with errors told plainly."""
    with plain_errors():
        return asyncio.run(work())


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Errors that a person can mend are told in words, on stderr, with exit code 2."""
    from agents.actions import AgentError
    from bot.flow.surface import SurfaceBusy, SurfaceError
    from bot.sandbox.errors import SandboxError
    from policies.problems import PolicyError
    from storage.store import StorageError

    try:
        yield
    except (AgentError, SurfaceBusy, SurfaceError, SandboxError, PolicyError, StorageError, OSError) as error:
        click.echo(f"signoff: {error}", err=True)
        sys.exit(2)


def settings_or_exit() -> Settings:
    """The settings; if they are wrong, what is wrong with them, and exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        for item in error.errors():
            click.echo(f"signoff: {'.'.join(map(str, item['loc']))}: {item['msg']}", err=True)
        click.echo("signoff: `signoff check --settings` lists all settings once these are mended.", err=True)
        sys.exit(2)


class Redacting(logging.Formatter):
    """Log lines without credentials. A formatter and not a filter, because only here message, arguments, exception and
    stack are one text."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, redacted."""
        return redacted(super().format(record))


def log_to_stderr(level: str) -> None:
    """Log from `level` on, without credentials; libraries that talk a lot only from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # Libraries that talk about every connection, and one that warns about a server we run ourselves.
    for name in ("slack_bolt", "slack_sdk", "apscheduler", "mail.log", "alembic", "aiohttp.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
