"""Cases to be judged, one a line of JSON, and the answers to them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.cards.explanation import fired
from bot.flow.arguments import unknown_of
from bot.flow.strict import NotStrict, value_of
from bot.policy.court import Court, NotAPerson, requester_of
from policies.circumstances import Circumstances
from policies.problems import did_you_mean
from storage.records import JsonObject, Verdict

LONGEST = 1 << 20  # bytes of one line
ACTION = 200  # characters

_KEYS = ("action", "args", "agent", "requester", "environment")
_THERE = f": there are {', '.join(_KEYS)}"
_BOM = b"\xef\xbb\xbf"


class NotACase(ValueError):
    """A line that cannot be judged. The message goes on after "line 7"."""


def answered(court: Court, line: bytes | None, number: int, at: datetime) -> Mapping[str, Any]:
    """The verdict on one line (None for one that is too long) at that time, or what is wrong with it."""
    try:
        return _told(_verdict(court, _case(line), at))
    except (NotACase, NotStrict) as error:
        return {"error": f"line {number} {error}", "line": number}


def written(answer: Mapping[str, Any]) -> str:
    """An answer as a line of JSON, without its end."""
    return _ENCODER.encode(answer)


def _told(verdict: Verdict) -> Mapping[str, Any]:
    return {
        "verdict": verdict.outcome, "risk": verdict.risk, "rules": fired(verdict), "reasons": verdict.reasons,
        "quorum": verdict.quorum, "reviewers": verdict.reviewers,
    }  # fmt: skip


def _case(line: bytes | None) -> JsonObject:
    if line is None:
        raise NotACase(f"is longer than {LONGEST >> 20} MiB")
    try:
        text = line.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise NotACase(f"is not UTF-8 text, at byte {error.start + 1}") from error
    if not text.strip():
        raise NotACase("is empty")
    case = value_of(text)
    if not isinstance(case, dict):
        raise NotACase('is not a JSON object: write {"action": …, "args": {…}}')
    for key in case:
        if key not in _KEYS:
            raise NotACase(f"has the unknown key {key[:80]!r}{did_you_mean(key, _KEYS) or _THERE}")
    return case


def _verdict(court: Court, case: JsonObject, at: datetime) -> Verdict:
    action, arguments = case.get("action"), case.get("args")
    if not isinstance(action, str) or not 0 < len(action) <= ACTION:
        raise NotACase(f'names no action: write a text of up to {ACTION} characters as "action"')
    if not isinstance(arguments, dict):
        raise NotACase('has no arguments: write an object as "args", {} if there are none')
    unknown, requester, person = unknown_of(court.actions, action), _text(case, "requester"), None
    if requester is not None:
        try:
            person, further = requester_of(requester)
        except NotAPerson as error:
            raise NotACase(f"has a requester who is nobody: {error}") from error
        unknown |= further
    around = Circumstances(_text(case, "agent"), at, _text(case, "environment"), person, unknown=unknown)
    return court.verdict(action, arguments, around)


def _text(case: JsonObject, name: str) -> str | None:
    value = case.get(name)
    if value is None or (isinstance(value, str) and value):
        return value
    raise NotACase(f'has an odd "{name}": write a text, or leave it out')


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)
