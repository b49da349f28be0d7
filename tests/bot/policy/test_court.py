"""Judging at a terminal, whatever is judged."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.policy.court import Court, Every, court_of
from bot.settings import Settings
from policies.circumstances import Circumstances
from storage.records import Outcome
from tests.bot.policy.terminal import REFUND

NOW = Circumstances("support", datetime(2026, 11, 23, 12, tzinfo=UTC), None)
EVERYTHING = 'defaults: {reviewers: [ravi@example.com]}\nrules: [{name: all, actions: ["*"], verdict: auto}]\n'

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
odd = st.dictionaries(st.sampled_from([*REFUND, "more"]) | st.text(), values, max_size=6)


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    folder = tmp_path_factory.mktemp("court")
    (folder / "policy.yaml").write_text(EVERYTHING)
    return court_of(Settings(customers_url=f"sqlite:///{folder / 'customers.db'}"), Path(folder / "policy.yaml"))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(more=odd)
def test_arguments_that_do_not_fit_never_run_by_themselves(court: Court, more: dict[str, Any]) -> None:
    arguments = {**REFUND, **more}
    try:
        court.actions["execute_financial_action"].normal(arguments)
        expected = Outcome.auto
    except Exception:  # noqa: BLE001  # whatever is wrong with them
        expected = Outcome.approve
    assert court.verdict("execute_financial_action", arguments, NOW).outcome is expected


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(action=st.text(min_size=1), arguments=odd)
def test_globs_match_every_action_and_nothing_raises(court: Court, action: str, arguments: dict[str, Any]) -> None:
    assert court.verdict(action, arguments, NOW).rules == ("all",)


def test_every_action_is_there_and_only_the_known_ones_are_gone_through() -> None:
    every = Every({"known": None})
    assert "anything" in every
    assert every["anything"] is None
    assert (list(every), len(every)) == (["known"], 1)
