"""Tests beside the rules, as frozen values: a proposal, what is around it, and what the policy is to say of it.

    tests:
      - name: small refunds run by themselves
        action: execute_financial_action
        args: {amount: 20, currency: EUR, charge: ch_1, reason: duplicate}
        agent: support
        expect: auto

What a test does not say is not known when it is judged, as it may be in life: a rule that only lets some agents or
environments act then lets nobody, and one that asks people of some then asks of all.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema

from policies.durations import Seconds
from policies.reviewers import Reviewer
from storage.records import Evidence, JsonObject, Outcome, Risk

WEDNESDAY_NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
"""When a test is that does not say so: the same at every run."""

_AT = r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})(?::00)? ?(Z|[+-]\d{2}:\d{2}|[A-Za-z_]+(?:/[A-Za-z_+-]+)*)"
_MAIL = re.compile(r"[^@\s:]+@[^@\s:]+")
_KEY = re.compile(r"[a-z]+:[^:\s]+:\S+")


def _moment(written: object) -> datetime:
    """`2026-11-23 09:30 Europe/Berlin` as a point in time. Raises `ValueError` with words for the author of a policy."""
    if isinstance(written, datetime) and written.tzinfo:
        return written  # as a policy that was read before holds it
    found = re.fullmatch(_AT, written.strip(), re.ASCII) if isinstance(written, str) else None
    if found is None:
        raise ValueError('write a point in time with its zone, such as "2026-11-23 09:30 Europe/Berlin"')
    day, clock, zone = found.groups()
    try:
        if re.match(r"Z$|[+-]", zone):
            return datetime.fromisoformat(f"{day}T{clock:0>5}{zone}")
        return datetime.fromisoformat(f"{day}T{clock:0>5}").replace(tzinfo=ZoneInfo(zone))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no such time: write one such as 2026-11-23 09:30 Europe/Berlin ({error})") from error


def _requester(written: str) -> str:
    if not _MAIL.fullmatch(written) and not _KEY.fullmatch(written):
        raise ValueError(f"{written!r} is nobody: write an e-mail address, or a key such as slack:T024BE7LD:U0MIA")
    return written


def _in_full(written: object) -> object:
    """`auto` stands for `{verdict: auto}`."""
    if isinstance(written, str):
        return {"verdict": written}
    if not isinstance(written, dict):
        raise ValueError("write auto, log, approve or block, or keys and values such as {verdict: approve, quorum: 2}")
    return written


class Expected(BaseModel):
    """What a verdict is to be. What is left out may be anything; the order of rules and of reviewers does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Outcome = Field(description="auto, log, approve or block")
    risk: Risk | None = None
    rules: tuple[str, ...] | None = Field(None, description="the names of all rules that count, or [(unmatched)]")
    reviewers: tuple[Reviewer, ...] | None = Field(None, description="all who may decide")
    escalate_to: tuple[Reviewer, ...] | None = Field(None, description="all who may decide as well later on")
    quorum: StrictInt | None = Field(None, description="how many people have to agree")
    expires_in: Seconds | None = None
    edit: Literal["allowed", "forbidden"] | None = None


class Case(BaseModel):
    """One test: a proposal, what is around it, and the verdict that is expected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=120, description="what the test shows")
    action: str = Field(description="the name of an action")
    args: JsonObject = Field(default_factory=dict, description="the arguments, whole, as an agent would give them")
    target: str = Field("", description="whom or what the action touches, where conditions ask for it")
    agent: str | None = Field(None, description="which agent proposes it")
    requester: Annotated[str, AfterValidator(_requester)] | None = Field(
        None, description="for whom, as an e-mail address or a key such as slack:T024BE7LD:U0MIA"
    )
    environment: str | None = Field(None, description="where Signoff runs")
    at: Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "pattern": f"^{_AT}$"})] = Field(
        WEDNESDAY_NOON, description="when, such as 2026-11-23 09:30 Europe/Berlin; left out, a Wednesday at noon, UTC"
    )
    risk: Risk | None = Field(None, description="the risk in the agent's own eyes")
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=3)] = Field((), description="sources: title, quote, link")
    spent: Mapping[str, StrictInt] = Field(
        default_factory=dict, description="how often rules with a budget let something run within the hour, by their names"
    )
    expect: Annotated[Expected, BeforeValidator(_in_full, json_schema_input_type=Outcome | Expected)]
