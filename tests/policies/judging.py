"""A judge of proposals at noon in production, where nothing is known of the arguments."""

from collections.abc import Iterable
from datetime import UTC, datetime

from policies.circumstances import Circumstances
from policies.judge import Fallback, Judge
from policies.rules import Policy
from storage.records import Proposal, Verdict

NOBODY = Fallback()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def judge(
    policy: Policy, proposal: Proposal, *, agent: str, registered: Iterable[str], fallback: Fallback = NOBODY
) -> Verdict:
    return Judge(policy, dict.fromkeys(registered), fallback).judge(proposal, Circumstances(agent, NOON, "production"))
