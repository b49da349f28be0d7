"""Values that nobody but Signoff makes, and people who are known by their account only."""

import json

import pytest

from bot.flow.accounts import person_named
from bot.flow.binding import BadBinding
from bot.teams.directory import _standing
from tests.bot.slack.examples import CARD, STAMP


@pytest.mark.parametrize("changes", [{"revision": 10**30}, {"request": "\ud800"}, {"page": -(10**40)}])
def test_what_no_seal_can_be_over_is_refused_like_any_other_forgery(changes: dict[str, object]) -> None:
    value = json.loads(STAMP.value(CARD, "approve")) | changes
    with pytest.raises(BadBinding):
        STAMP.read(json.dumps(value), "approve")


def test_an_account_on_teams_is_one_however_it_is_written() -> None:
    assert person_named("teams:T1:RAVI", "api").key == person_named("teams:t1:ravi", "api").key == "teams:t1:ravi"
    assert person_named("slack:T1:U0MIA", "api").key == "slack:T1:U0MIA"


def test_a_guest_is_one_by_the_sign_in_name_too() -> None:
    assert _standing({"id": "29:x", "userPrincipalName": "eve_other.example#EXT#@lamps.example"}, "home") == "guest"
    assert _standing({"id": "29:x", "userPrincipalName": "ravi@lamps.example"}, "home") == "member"
