"""`signoff policy explain`: what the policy says of an action with these arguments, and why."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.cards.explanation import Explanation
    from bot.policy.court import Court
    from bot.settings import Settings
    from policies.circumstances import Circumstances
    from storage.records import JsonObject

LARGEST = 1 << 20  # bytes of a file of arguments
RISKS = ("low", "medium", "high", "critical")


class Moment(click.ParamType[datetime]):
    """A point in time in ISO form; without a zone it is UTC."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The point in time, with its zone."""
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is no time: write one such as 2026-11-23T09:30 or 2026-11-23T09:30+01:00.", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.argument("action")
@click.argument("arguments", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--args", "written", metavar="JSON", help="The arguments as a JSON object.")
@click.option("--args-file", type=click.File("rb"), help="The same from a file; - is stdin.")
@click.option("--agent", help="Who proposes it.  [default: not known]")
@click.option("--requester", help="For whom: an e-mail address, or surface:tenant:user.  [default: not known]")
@click.option("--environment", help="Where.  [default: SIGNOFF_ENVIRONMENT]")
@click.option("--at", type=Moment(), help="When, such as 2026-11-23T09:30+01:00.  [default: now]")
@click.option("--risk", type=click.Choice(RISKS), help="How the agent itself rates the risk.")
@click.option("--policy", "file", type=click.Path(path_type=Path), help="Explain this file.  [default: SIGNOFF_POLICY]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(
    *,
    action: str,
    arguments: tuple[str, ...],
    written: str | None,
    args_file: BinaryIO | None,
    agent: str | None,
    requester: str | None,
    environment: str | None,
    at: datetime | None,
    risk: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Say what the policy says of ACTION with these arguments: the rules, what their conditions saw, and who would be asked.

    Nothing is done. Arguments of an action that is registered here have to fit it; any other is taken as it is.

    \b
    Example:
      signoff policy explain send_external_email to=mia@example.com subject=Hello body='How are you?'
      signoff policy explain deploy --args '{"replicas": 3}' --agent ci --at 2026-11-28T22:00 --policy policy.yaml
    """
    from bot.policy.court import court_of
    from bot.policy.explained_terminal import written_out

    log_to_stderr("ERROR")
    if sum(map(bool, (arguments, written is not None, args_file is not None))) > 1:
        raise click.UsageError("Give the arguments one way: as NAME=VALUE, with --args, or with --args-file.")
    settings = settings_or_exit()
    with plain_errors():
        court = court_of(settings, file)
        given = _given(court, action, arguments, written if args_file is None else _content(args_file))
        around = _around(settings, agent, requester, environment, at)
        told = _explained(court, action, given, around, risk)
    click.echo(json.dumps(_json(told), ensure_ascii=False, indent=2) if as_json else written_out(told))


def _content(file: BinaryIO) -> str:
    try:
        return file.read(LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"The file of --args-file is not UTF-8 text, at byte {error.start + 1}.") from error


def _given(court: "Court", action: str, words: tuple[str, ...], written: str | None) -> "JsonObject":
    from bot.flow.arguments import NotArguments, arguments_of, object_of

    try:
        return object_of(written) if written is not None else arguments_of(words, court.actions.models.get(action))
    except NotArguments as error:
        raise click.UsageError(str(error)) from error


def _around(
    settings: "Settings", agent: str | None, requester: str | None, environment: str | None, at: datetime | None
) -> "Circumstances":
    from bot.policy.court import NotAPerson, requester_of
    from policies.circumstances import Circumstances

    try:
        person, unknown = requester_of(requester) if requester is not None else (None, frozenset[str]())
    except NotAPerson as error:
        raise click.BadParameter(f"{error}.", param_hint="--requester") from error
    return Circumstances(
        agent, at or datetime.now(UTC), environment or settings.environment, requester=person, unknown=unknown
    )


def _explained(
    court: "Court", action: str, arguments: "JsonObject", around: "Circumstances", risk: str | None
) -> "Explanation":
    from dataclasses import replace

    from bot.cards.explanation import explanation
    from bot.flow.arguments import NotArguments, supposed
    from storage.records import Risk

    try:
        proposal, unknown = supposed(court.actions, action, arguments)
    except NotArguments as error:
        raise click.UsageError(str(error)) from error
    proposal = proposal.model_copy(update={"risk": Risk(risk) if risk else None})
    around = replace(around, unknown=around.unknown | unknown)
    return explanation(court.actions, proposal, around, court.weigh(proposal, around), *_remarks(court, action))


def _remarks(court: "Court", action: str) -> tuple[str, ...]:
    from policies.problems import did_you_mean

    if action in court.actions:
        return ()
    return (
        f"{action} is not registered here, so its arguments were taken as they are{did_you_mean(action, court.actions)}.",
    )


def _json(told: "Explanation") -> "JsonObject":
    from bot.cards.explanation import as_json

    return as_json(told)
