"""`signoff pages link`: an operator at a terminal lets somebody in."""

from contextlib import closing
from typing import TYPE_CHECKING

import click

from bot.keys_command import operator
from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.pages.links import Visitor


@click.group()
def pages() -> None:
    """Let people see the pages of runs and requests.

    \b
    Example:
      signoff pages link runs
    """


@pages.command()
@click.argument("page")
@click.option(
    "--as", "person", help="Whom to let in: an e-mail address, or an account such as slack:T…:U…. Without it, you."
)
def link(*, page: str, person: str | None) -> None:
    """Make a link to PAGE, the id of a run or a request, or `runs` for the list.

    The link is for one person, lives ten minutes and works once. Whom it names sees what is theirs to see; without --as, you
    see everything, for an hour, because who can run this can read the database. The audit log says who made it.

    \b
    Example:
      signoff pages link runs
      signoff pages link run_akfpcdfh27mx --as ravi@example.com
    """
    from bot.flow.accounts import TERMINAL, BadAccount, person_named
    from bot.pages.links import BadPath, Visitor, path_of
    from storage.records import Person

    try:
        path = path_of(page)
        name = operator().partition(":")[2]
        itself = Visitor(Person(key=f"{TERMINAL}:local:{name}", name=name), operator=True)
        visitor = Visitor(person_named(person, TERMINAL)) if person else itself
    except (BadPath, BadAccount) as error:
        raise click.UsageError(str(error)) from error
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    click.echo(run(lambda: _link(settings, path, visitor)))


async def _link(settings: Settings, path: str, visitor: "Visitor") -> str:
    from bot.app import at_hand, systems_of
    from bot.pages.door import base_of
    from bot.pages.links import link_to
    from storage.store import Transaction

    def work(tx: Transaction) -> str:
        tx.audit("pages.linked", actor=operator(), body={"for": visitor.person.key, "path": path})
        return link_to(signoff.seals, signoff.ids, base_of(settings), path, visitor, tx.now())

    with closing(systems_of(settings)) as systems:
        async with at_hand(settings, systems) as signoff:
            return await signoff.store.write(work)
