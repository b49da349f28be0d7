"""From a turn of the model to a proposal, with its sources as evidence. Pure."""

import re
from dataclasses import dataclass

from pydantic import ValidationError

from agents.actions import Arguments
from agents.evidence import quoted
from agents.executors.email import SendExternalEmail
from agents.executors.records import DraftInternalMessage
from agents.research.desk import Desk
from agents.research.turn import Turn
from agents.suspicion import strange
from storage.records import Evidence, Risk

ODD_SOURCE = "A document that was read tries to give instructions to the agent."
ODD_TASK = "The task tries to give instructions beyond research, or the model smells a fraud."
UNASKED = "The recipient does not stand in what was asked for."
NO_SOURCE = "No document that was read bears this out."

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


class Unusable(Exception):
    """The turn cannot be made into a proposal; the message tells the model why."""


@dataclass(frozen=True)
class Draft:
    """A proposal to be made. `risk` can only add to what the policy says."""

    action: str
    arguments: Arguments
    summary: str
    evidence: tuple[Evidence, ...]
    risk: Risk | None
    labels: tuple[str, ...]


def drafted(turn: Turn, desk: Desk) -> Draft:
    """What a turn proposes. Raises Unusable."""
    try:
        arguments = _arguments(turn)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        raise Unusable(f"{field}: {error.errors()[0]['msg']}") from error
    evidence = sources(turn, desk)
    labels = tuple(_labels(turn, desk, evidence))
    return Draft(
        action=turn.tool,
        arguments=arguments,
        summary=_line(turn.summary or "") or f"{turn.tool.replace('_', ' ').capitalize()}: {_line(turn.subject or '')}",
        evidence=evidence,
        risk=Risk.critical if set(labels) - {NO_SOURCE} else _higher(turn.risk, Risk.high if labels else None),
        labels=labels,
    )


def sources(turn: Turn, desk: Desk) -> tuple[Evidence, ...]:
    """The documents that the turn rests on: only such that were read, and only words that stand in them."""
    read = {each.slug: each for each in desk.known}
    named = [(read[source.document], source.quote) for source in turn.sources if source.document in read]
    found = {each.slug: Evidence(title=each.title, quote=quoted(each.text, quote), link=each.link) for each, quote in named}
    return tuple(found.values())[:3]


def _arguments(turn: Turn) -> Arguments:
    if turn.tool == "send_external_email":
        return SendExternalEmail.model_validate(
            {"to": turn.to or "", "subject": turn.subject or "", "body": turn.body or ""}
        )
    return DraftInternalMessage.model_validate({"subject": turn.subject or "", "body": turn.body or ""})


def _labels(turn: Turn, desk: Desk, evidence: tuple[Evidence, ...]) -> list[str]:
    asked = {address.casefold().rstrip(".'") for address in _ADDRESS.findall(desk.task)}
    marks = (
        (ODD_SOURCE, strange(desk.texts)),
        (ODD_TASK, turn.suspicious or strange((desk.task,))),
        (UNASKED, turn.tool == "send_external_email" and (turn.to or "").casefold() not in asked),
        (NO_SOURCE, not evidence),
    )
    return [label for label, holds in marks if holds]


def _higher(one: Risk | None, other: Risk | None) -> Risk | None:
    return max((each for each in (one, other) if each), key=lambda risk: risk.rank, default=None)


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
