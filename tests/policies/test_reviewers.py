"""References to people: how they are written, kept and said."""

import pytest
from pydantic import TypeAdapter, ValidationError

from policies.people import Ties, voices
from policies.reviewers import Reviewer, is_group, names, shown
from storage.records import Person

TENANT, RAVI = "72f988bf-86f1-41af-91ab-2d7cd011db47", "6f1db3a1-0c2e-4d5f-8a9b-0123456789ab"
CHANNEL = "teams:19:N0rthAB_c-d.e@thread.tacv2"
reviewer: TypeAdapter[str] = TypeAdapter(Reviewer)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"teams:{RAVI.upper()}", f"teams:{RAVI}"),
        (f"teams:{TENANT}:{RAVI}", f"teams:{TENANT}:{RAVI}"),
        (f" {CHANNEL} ", CHANNEL),
        ("teams:19:0a1b@thread.skype", "teams:19:0a1b@thread.skype"),
        ("teams:19:0a1b@thread.v2", "teams:19:0a1b@thread.v2"),
    ],
)
def test_people_and_channels_of_teams_are_kept_in_one_way(written: str, kept: str) -> None:
    assert reviewer.validate_python(written) == kept


@pytest.mark.parametrize(
    "written",
    ["teams:ravi", "teams:", "teams:19:x", "teams:19:@thread.tacv2", f"teams:x:{RAVI}", "teams:19:a b@thread.tacv2"],
)
def test_what_names_nobody_on_teams_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="names nobody"):
        reviewer.validate_python(written)


@pytest.mark.parametrize("written", [RAVI, "19:0a1b@thread.tacv2"])
def test_an_id_without_its_surface_is_recognised(written: str) -> None:
    with pytest.raises(ValidationError, match=f"did you mean 'teams:{written}'"):
        reviewer.validate_python(written)


def test_only_channels_are_groups() -> None:
    assert is_group(CHANNEL)
    assert not is_group(f"teams:{RAVI}")


def test_a_reference_names_the_account_that_it_is_of() -> None:
    ravi = Person(key=f"teams:{TENANT}:{RAVI}", name="Ravi Rao", email="ravi@example.com")
    for reference in (f"teams:{RAVI}", f"teams:{TENANT}:{RAVI}", "ravi@example.com"):
        assert names(reference, ravi)
    for reference in (f"teams:{TENANT}", f"teams:{RAVI}:{RAVI}", CHANNEL, f"slack:{RAVI}"):
        assert not names(reference, ravi)


def test_a_channel_is_said_in_words() -> None:
    assert shown(CHANNEL) == f"the members of the Teams channel {CHANNEL.removeprefix('teams:')}"
    assert shown(f"teams:{RAVI}") == RAVI


def test_one_human_on_slack_and_on_teams_is_one_voice() -> None:
    on_slack = Person(key="slack:T1:U0RAVI", name="ravi", email="Ravi@example.com")
    on_teams = Person(key=f"teams:{TENANT}:{RAVI}", name="Ravi Rao", email="ravi@example.com")
    noor = Person(key=f"teams:{TENANT}:{RAVI[::-1]}", name="Noor", email="noor@example.com")
    assert voices([(on_slack,), (on_teams,)], Ties()) == 1
    assert voices([(on_slack,), (on_teams,), (noor,)], Ties()) == 2
