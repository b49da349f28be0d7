"""`signoff decide`: an operator at a terminal records what somebody decides, when the chats are down."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cards.form import REJECT_REASONS
from bot.keys_command import operator
from bot.settings import Settings
from bot.terminal import log_to_stderr, run, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from pydantic import JsonValue

    from bot.flow.signoff import Signoff
    from bot.flow.vouched import Ruled
    from storage.records import JsonObject, Person, Request, Verb


@dataclass(frozen=True)
class Typed:
    """What was typed. `changes` are `field=value`."""

    request: str
    verb: "Verb"
    person: "Person"
    notes: str
    reason: str | None
    changes: tuple[str, ...]
    sure: bool
    as_json: bool


@click.command()
@click.argument("request")
@click.argument("decision", type=click.Choice(["approve", "edit", "reject"]))
@click.option(
    "--as", "person", required=True, help="Whose decision it is: an e-mail address, or an account such as slack:T…:U…."
)
@click.option("--note", "notes", default="", help="Kept with the decision; the person who asked sees it.")
@click.option("--reason", type=click.Choice([*REJECT_REASONS]), help="Why it is rejected, unless the note says it.")
@click.option("--set", "changes", metavar="FIELD=VALUE", multiple=True, help="With edit: an argument; may be given again.")
@click.option("--yes", "sure", is_flag=True, help="Do not ask whether that is meant.")
@click.option("--json", "as_json", is_flag=True, help="Tell what became of it as JSON.")
def decide(
    *, request: str, decision: "Verb", person: str, notes: str, reason: str | None, changes: tuple[str, ...], sure: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Record a decision on REQUEST, an id or its beginning, as somebody's own.

    For when the chats are down. The same rules hold as for a click on the card: the person must be one whom the rule names,
    by address, by account, or through a group whose platform still answers; who asked does not decide. The audit log says
    who typed. What is approved runs as soon as a `signoff serve` runs.

    Exit code 0: it is recorded. 1: it was refused or came too late. 2: it could not be tried.

    \b
    Example:
      signoff decide req_4f2a approve --as ravi@example.com --note "by phone, 03:10"
      signoff decide req_4f2a edit --as ravi@example.com --set amount=300.00
      signoff decide req_4f2a reject --as ravi@example.com --reason wrong_details
    """
    from bot.flow.accounts import TERMINAL, BadAccount, person_named

    if bool(changes) != (decision == "edit"):
        raise click.UsageError("--set goes with edit, and an edit needs it.")
    if reason and decision != "reject":
        raise click.UsageError("--reason goes with reject.")
    try:
        who = person_named(person, TERMINAL)
    except BadAccount as error:
        raise click.BadParameter(str(error), param_hint="--as") from error
    settings = settings_or_exit()
    log_to_stderr("ERROR")
    typed = Typed(request, decision, who, notes, reason, changes, sure, as_json)
    sys.exit(run(lambda: _decide(settings, typed)))


async def _decide(settings: Settings, typed: Typed) -> int:
    from bot.app import at_hand, systems_of
    from bot.audit.story import find
    from bot.flow.vouched import Choice, decide_as

    systems = systems_of(settings)
    try:
        async with at_hand(settings, systems) as signoff:
            request = await signoff.store.read(lambda tx: find(tx, typed.request))
            arguments = _changes(request, typed.changes)
            click.echo("\n".join(_told(signoff, request, typed, arguments)), err=True)
            if not typed.sure:
                click.confirm("Is that meant?", abort=True, err=True)
            choice = Choice(typed.verb, request.fingerprint, typed.notes, typed.reason, arguments)
            ruled = await decide_as(signoff, request.id, typed.person, choice, by=operator())
    finally:
        systems.close()
    return _answer(typed, ruled)


def _changes(request: "Request", written: tuple[str, ...]) -> "JsonObject":
    """The arguments to change: text where there is text now, else JSON where it is some."""
    changes: JsonObject = {}
    for each in written:
        name, equals, value = each.partition("=")
        if not equals or name not in request.arguments:
            names = ", ".join(request.arguments) or "none"
            raise click.BadParameter(f"{each!r}: write FIELD=VALUE, with a field of {names}.", param_hint="--set")
        changes[name] = value if isinstance(request.arguments[name], str) else _value(value)
    return changes


def _value(written: str) -> "JsonValue":
    try:
        value: JsonValue = json.loads(written)
    except ValueError:
        return written
    return value


def _told(signoff: "Signoff", request: "Request", typed: Typed, changes: "JsonObject") -> Iterator[str]:
    """The whole request as text; what others wrote stands behind `>`, so that it cannot pose as a line of ours."""
    from bot.cards.inert import inert_line
    from policies.people import reviewers

    title = signoff.actions[request.action].title if request.action in signoff.actions else request.action
    yield f"{title} ({request.action}) · {request.verdict.risk} risk · {request.status}"
    yield f"  {request.id} revision {request.revision}, fingerprint {request.fingerprint}"
    cover = signoff.actions.cover(request.action, request.arguments)
    yield from _quoted("target", cover(request.target))
    for name, value in signoff.actions.covered(request.action, request.arguments).items():
        yield from _quoted(inert_line(name), value)
    yield f"  why people are asked: {inert_line(' '.join(request.verdict.reasons))}"
    yield f"  who can decide: {request.verdict.quorum} of {inert_line(', '.join(reviewers(request))) or 'nobody'}"
    yield f"  asked by: {inert_line(request.requester.name)} ({inert_line(request.requester.key)}) through {request.agent}"
    if request.on_behalf_of is not None:
        yield f"  on behalf of: {inert_line(request.on_behalf_of.name)} ({inert_line(request.on_behalf_of.key)})"
    yield from _quoted(f"{request.agent} says, not verified", cover(request.summary))
    for item in request.evidence:
        yield from _quoted("evidence", cover(f"{item.title}\n{item.quote}" + (f"\n{item.link}" if item.link else "")))
    yield f"  expires: {request.expires_at:%Y-%m-%d %H:%M} UTC"
    yield f"{typed.verb} as {typed.person.key}" + (f", reason: {typed.reason}" if typed.reason else "")
    for name, value in changes.items():
        yield from _quoted(f"{name} becomes", value)


def _quoted(label: str, value: object) -> Iterator[str]:
    from bot.cards.inert import inert

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    yield f"  {label}:"
    yield from (f"    > {line}".rstrip() for line in inert(text).split("\n"))


def _answer(typed: Typed, ruled: "Ruled") -> int:
    """Tell what became of it; returns the exit code."""
    from bot.cards.text import plain

    done, said, errors = ruled.kind == "done", plain(ruled.answer.text), dict(ruled.answer.errors)
    if typed.as_json:
        told = {"ok": done, "result": ruled.kind, "said": said, "errors": errors, "request": ruled.request.id,
                "status": ruled.request.status, "revision": ruled.request.revision}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([said, *(f"  {field}: {why}" for field, why in errors.items())]), err=not done)
    return 0 if done else 2 if ruled.kind == "invalid" else 1
