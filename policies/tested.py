"""The tests of a policy file, read and run."""

from collections.abc import Sequence
from pathlib import Path

from policies.file import Known, places_of_tests, policy_of
from policies.judge import Fallback, Judge
from policies.results import Result, results
from policies.rules import mentionable
from policies.sources import gather

SOMEBODIES = "slack:@somebodies"
"""Stands for the people whom a deployment names, where it names none yet: a policy is tested as well without them."""


def tested(path: Path, registered: Known, reviewers: Sequence[str]) -> tuple[tuple[str, Result], ...]:
    """What came of each test, with the place where it stands (`file:line:column`). Raises `PolicyError`.

    `registered` are the actions that can be performed; `reviewers` are whom the deployment names.
    """
    sources = gather(path)
    policy = policy_of(sources, mentionable(registered))
    judge = Judge(policy, registered, Fallback(tuple(reviewers) or (SOMEBODIES,)))
    return tuple(zip(places_of_tests(sources), results(policy.tests, judge), strict=True))
