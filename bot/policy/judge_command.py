"""`signoff policy judge`: a verdict for each line of JSON, for programs and for anybody with a file of cases."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from bot.flow.strict import NotStrict, value_of
from bot.policy.stream import Arriving, batches
from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.policy.court import Court
    from storage.records import JsonObject

LONGEST = 1 << 20  # bytes of one line
ACTION = 200  # characters

_KEYS = frozenset({"action", "args", "agent", "requester", "environment"})


class NotACase(ValueError):
    """A line that cannot be judged; the message says why."""


@click.command()
@click.option("--policy", "file", type=click.Path(path_type=Path), help="Judge by this file.  [default: SIGNOFF_POLICY]")
def judge(*, file: Path | None) -> None:
    """Read cases as JSON lines on stdin, and write the verdict on each, in the same order.

    A case is {"action", "args"}, with "agent", "requester" (an e-mail address, or surface:tenant:user) and "environment"
    where they matter; what is left out is not known. A verdict is {"verdict", "risk", "rules", "reasons", "quorum",
    "reviewers"}. Nothing is done. Actions that are not registered here are judged too, and globs match them.

    Exit code 0: each line got a verdict. 1: some got an {"error", "line"} instead. 2: nothing could be judged.

    \b
    Example:
      echo '{"action": "delete_any_data", "args": {"customer": "C-7"}}' | signoff policy judge --policy policy.yaml
      signoff policy judge < cases.jsonl > verdicts.jsonl
    """
    from bot.policy.court import court_of

    log_to_stderr("ERROR")
    with plain_errors():
        court = court_of(settings_or_exit(), file)
    source, out = sys.stdin.buffer, sys.stdout.buffer
    number, fine = 0, True
    for batch in batches(cast("Arriving", source), LONGEST):
        answers = []
        for line in batch:
            number += 1
            answer = answered(court, line, number)
            fine = fine and "error" not in answer
            answers.append(_ENCODER.encode(answer))
        out.write(("\n".join(answers) + "\n").encode())
        out.flush()
    sys.exit(0 if fine else 1)


def answered(court: "Court", line: bytes | None, number: int) -> Mapping[str, Any]:
    """The verdict on one line, or what is wrong with it."""
    try:
        return _verdict(court, _case(line))
    except (NotACase, NotStrict) as error:
        return {"error": f"line {number} {error}", "line": number}
    except UnicodeDecodeError as error:
        return {"error": f"line {number} is not UTF-8 text, at byte {error.start + 1}", "line": number}


def _case(line: bytes | None) -> "JsonObject":
    if line is None:
        raise NotACase(f"is longer than {LONGEST >> 20} MiB")
    if not line.strip():
        raise NotACase("is empty")
    case = value_of(line.decode("utf-8-sig"))
    if not isinstance(case, dict):
        raise NotACase('is not a JSON object: write {"action": …, "args": {…}}')
    if not case.keys() <= _KEYS:
        raise NotACase(_unknown(next(key for key in case if key not in _KEYS)))
    return case


def _unknown(key: str) -> str:
    from policies.problems import did_you_mean

    there = ": there are action, args, agent, requester and environment"
    return f"has the unknown key {key[:80]!r}{did_you_mean(key, _KEYS) or there}"


def _verdict(court: "Court", case: "JsonObject") -> Mapping[str, Any]:
    from bot.cards.explanation import fired
    from bot.policy.court import NotAPerson, requester_of, unknown_of
    from policies.circumstances import Circumstances

    action, arguments = case.get("action"), case.get("args")
    if not isinstance(action, str) or not 0 < len(action) <= ACTION:
        raise NotACase(f'names no action: write a text of up to {ACTION} characters as "action"')
    if not isinstance(arguments, dict):
        raise NotACase('has no arguments: write an object as "args", {} if there are none')
    agent, environment, written = (_text(case, name) for name in ("agent", "environment", "requester"))
    person, unknown = None, unknown_of(court.actions, action)
    if written is not None:
        try:
            person, further = requester_of(written)
        except NotAPerson as error:
            raise NotACase(f"has a requester who is nobody: {error}") from error
        unknown |= further
    around = Circumstances(agent, datetime.now(UTC), environment, person, unknown=unknown)
    verdict = court.verdict(action, arguments, around)
    return {
        "verdict": verdict.outcome, "risk": verdict.risk, "rules": fired(verdict), "reasons": verdict.reasons,
        "quorum": verdict.quorum, "reviewers": verdict.reviewers,
    }  # fmt: skip


def _text(case: "JsonObject", name: str) -> str | None:
    value = case.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise NotACase(f'has an odd "{name}": write a text, or leave it out')
    return value


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), check_circular=False)
