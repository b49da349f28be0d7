"""`signoff run`: an agent runs without a chat, and the terminal is asked what people would be asked."""

import getpass
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cards.form import REJECT_REASONS
from bot.keys_command import operator
from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from agents.actions import Actions
    from bot.flow.vouched import Choice
    from bot.traces.records import Trace
    from bot.trial import Trial
    from storage.records import JsonObject, Person, Request


class Beginning(click.Choice[str]):
    """A choice of words, of which the first letters are enough as long as they fit only one."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word that begins so."""
        begin = [word for word in self.choices if value and word.startswith(value.strip().lower())]
        return super().convert(begin[0] if len(begin) == 1 else value, param, ctx)


@dataclass(frozen=True)
class Wanted:
    """What was typed."""

    agent: str
    text: str
    person: "Person | None"
    database: Path
    as_json: bool


@click.command("run")
@click.argument("agent")
@click.argument("text", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help="What to work on: a text or a mail (.eml); - is stdin.")
@click.option("--as", "person", help="Whose decisions are typed: an e-mail address. [default: the first reviewer's]")
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="Keep the database there, as a SQLite file.")
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON at the end.")
def run_agent(
    *, agent: str, text: tuple[str, ...], file: Path | None, person: str | None, keep: Path | None, as_json: bool
) -> None:
    """Run AGENT once, without a chat, and decide in the terminal.

    Policy, journal and actions are the real ones: what you approve is done, with the systems of the settings. Only the
    database is another one, and is gone afterwards unless you keep it.

    Exit code 0: the run succeeded. 1: it ended otherwise, or nobody decided. 2: it could not be tried.

    \b
    Example:
      signoff run support --file ticket.eml
      signoff run triage INC-42
      SIGNOFF_AGENTS=callback.py signoff run callback --file ticket.eml --as ravi@example.com
    """
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-run-")))
        wanted = Wanted(agent, _input(text, file), _person(person), keep or folder / "signoff.db", as_json)
        sys.exit(run(lambda: _run(settings, wanted)))


async def _run(settings: Settings, wanted: Wanted) -> int:
    from bot.app import prepare_customers, systems_of
    from bot.trial import trial
    from storage.records import Person

    prepare_customers(settings)
    with closing(systems_of(settings)) as systems:
        async with trial(settings, systems, wanted.database) as made:
            user = _user()
            run = await made.begin(wanted.agent, wanted.text, Person(key=f"terminal:local:{user}", name=user))
            while (request := await made.asked(run)) is not None:
                if not await _decided(made, request, wanted.person):
                    click.echo("Nobody decided, so nothing more was done.", err=True)
                    break
                run = await made.go_on(run)
            return _told(await made.trace(run), as_json=wanted.as_json)


async def _decided(made: "Trial", request: "Request", person: "Person | None") -> bool:
    """Ask until a decision is recorded; False if whoever types would rather not decide."""
    from bot.cards.text import plain

    click.echo("\n".join(_shown(made.signoff.actions, request)), err=True)
    who = person or _reviewer(request, await made.deciders(request))
    click.echo(f"You decide as {who.email or who.key}.", err=True)
    while True:
        try:
            choice = _choice(request)
        except click.Abort:  # Ctrl+C, or the end of the input
            return False
        if choice is None:
            return False
        ruled = await made.decide(request, who, choice, operator())
        click.echo(
            "\n".join([plain(ruled.answer.text), *(f"  {f}: {why}" for f, why in ruled.answer.errors.items())]), err=True
        )
        if ruled.kind == "done":
            return True


def _choice(request: "Request") -> "Choice | None":
    """What was typed; None to leave it undecided."""
    from bot.flow.vouched import Choice

    verb = click.prompt("Decide", type=Beginning(["approve", "edit", "reject", "quit"]), err=True)
    match verb:
        case "quit":
            return None
        case "edit":
            return Choice("edit", request.fingerprint, _note(), None, _changes(request))
        case "reject":
            reason = click.prompt("Why", type=Beginning([*REJECT_REASONS]), err=True)
            return Choice("reject", request.fingerprint, _note(), reason)
    return Choice("approve", request.fingerprint, _note())


def _note() -> str:
    return str(click.prompt("Note", default="", show_default=False, err=True))


def _changes(request: "Request") -> "JsonObject":
    """Each argument asked for anew; an empty line keeps it."""
    changes: JsonObject = {}
    for name, value in request.arguments.items():
        typed = str(click.prompt(f"  {name} (empty: as it is)", default="", show_default=False, err=True))
        if typed:
            changes[name] = typed if isinstance(value, str) else _value(typed)
    return changes


def _value(typed: str) -> "JsonObject | str":
    try:
        value: JsonObject = json.loads(typed)
    except ValueError:
        return typed
    return value


def _reviewer(request: "Request", done: frozenset[str]) -> "Person":
    """The first reviewer who is named by an address and has not decided yet. Raises BadParameter where there is none."""
    from bot.flow.accounts import TERMINAL, person_named
    from policies.people import reviewers

    named = [person_named(each, TERMINAL) for each in reviewers(request) if "@" in each and ":" not in each]
    for each in named:
        if each.key not in done:
            return each
    asked = ", ".join(reviewers(request)) or "nobody"
    raise click.BadParameter(f"say as whom you decide; the policy asks {asked}.", param_hint="--as")


def _shown(actions: "Actions", request: "Request") -> Iterator[str]:
    """The request as a card has it; what others wrote stands behind `>`, so that it cannot pose as a line of ours."""
    from bot.cards.inert import inert_line

    cover = actions.cover(request.action, request.arguments)
    yield f"\n{actions[request.action].title} ({request.action}) · {request.verdict.risk} risk"
    yield from _quoted("target", cover(request.target))
    for name, value in actions.covered(request.action, request.arguments, cover).items():
        yield from _quoted(inert_line(name), value)
    yield f"  why people are asked: {inert_line(' '.join(request.verdict.reasons))}"
    yield from (f"  remark: {inert_line(cover(label))}" for label in request.labels)
    yield from _quoted(f"{request.agent} says, not verified", cover(request.summary))
    for item in request.evidence:
        yield from _quoted("evidence", cover(f"{item.title}\n{item.quote}" + (f"\n{item.link}" if item.link else "")))


def _quoted(label: str, value: object) -> Iterator[str]:
    from bot.cards.inert import inert

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    yield f"  {label}:"
    yield from (f"    > {line}".rstrip() for line in inert(text).split("\n"))


def _told(trace: "Trace", *, as_json: bool) -> int:
    """Tell how it went; returns the exit code."""
    from bot.cards.inert import inert
    from bot.traces.text import trace_text

    if as_json:
        click.echo(trace.model_dump_json(indent=2))
    else:
        click.echo("\n" + trace_text(trace), err=True)
        click.echo(inert(trace.final_output or trace.error or f"The run is {trace.status}."))
    return 0 if trace.success else 1


def _input(text: tuple[str, ...], file: Path | None) -> str:
    from agents.mail import TicketRejected, ticket_input

    if bool(text) == (file is not None):
        raise click.UsageError("Say what to work on: a text after the agent's name, or --file.")
    if file is None:
        return " ".join(text)
    try:
        return ticket_input(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="--file") from error
    except TicketRejected as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="--file") from error


def _person(written: str | None) -> "Person | None":
    from bot.flow.accounts import TERMINAL, BadAccount, person_named

    try:
        return person_named(written, TERMINAL) if written else None
    except BadAccount as error:
        raise click.BadParameter(str(error), param_hint="--as") from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a user id without a name
        return "unknown"
