"""The values of a policy: how durations, reviewers and names may be written."""

import re

import pytest
from pydantic import BaseModel, ValidationError

from policies.durations import LONGEST, seconds
from policies.reviewers import Reviewer
from policies.rules import Defaults, Policy, Rule


class One(BaseModel):
    who: Reviewer


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("4h", 14_400),
        ("30m", 1800),
        ("2d", 172_800),
        ("45s", 45),
        ("1h30m", 5400),
        (" 1d 12h ", 129_600),
        (90, 90),
        ("30d", LONGEST),
    ],
)
def test_durations_are_written_as_people_write_them(written: object, kept: int) -> None:
    assert seconds(written) == kept


@pytest.mark.parametrize(
    "written", ["", "4", "4 hours", "h", "-1h", "1.5h", "4H", "٤h", 1.5, True, None, [], "9" * 5000 + "h"]
)
def test_anything_else_is_not_a_duration(written: object) -> None:
    with pytest.raises(ValueError, match="write a duration such as 30m, 4h, 2d"):
        seconds(written)


@pytest.mark.parametrize("written", [0, -5, LONGEST + 1, "31d", "0h", "999999999d"])
def test_durations_have_bounds(written: object) -> None:
    with pytest.raises(ValueError, match="between 1s and 30d"):
        seconds(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ravi.Rao+ops@Example.COM", "ravi.rao+ops@example.com"),
        ("ravi@corp.internal", "ravi@corp.internal"),
        ("slack:U0RAVI", "slack:U0RAVI"),
        ("slack:W0RAVI", "slack:W0RAVI"),
        ("slack:T024BE7LD:U0RAVI", "slack:T024BE7LD:U0RAVI"),
        ("slack:S0LEADS", "slack:S0LEADS"),
        ("slack:@Support-Leads", "slack:@support-leads"),
        (" slack:@leads ", "slack:@leads"),
    ],
)
def test_reviewers_are_kept_in_one_form(written: str, kept: str) -> None:
    assert One(who=written).who == kept


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("@leads", "did you mean 'slack:@leads'"),
        ("U0RAVI", "did you mean 'slack:U0RAVI'"),
        ("slack:u0ravi", "did you mean 'slack:U0RAVI'"),
        ("ravi", "write an e-mail address"),
        ("ravi@localhost", "write an e-mail address"),
        ("slack:C0CHANNEL", "write an e-mail address"),
        ("slack:", "write an e-mail address"),
        ("slack:@", "write an e-mail address"),
        ("a@b.io, c@d.io", "write an e-mail address"),
        ("", "write an e-mail address"),
        ("ravi@example.com\n", None),
    ],
)
def test_what_names_nobody_is_refused_with_advice(written: str, advice: str | None) -> None:
    if advice is None:
        assert One(who=written).who == written.strip()
    else:
        with pytest.raises(ValidationError, match=advice):
            One(who=written)


@pytest.mark.parametrize("name", ["", "(unmatched)", " mail", "-mail", "a" * 81, "mail\n", "<b>", "a*b"])
def test_rule_names_are_plain_and_never_look_like_ours(name: str) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"name": name, "actions": ["send_*"], "verdict": "auto"})


def test_a_policy_is_a_value() -> None:
    policy = Policy(defaults=Defaults(), rules=())
    with pytest.raises(ValidationError):
        policy.rules = ()  # type: ignore[misc]
    before = policy.version
    assert policy == Policy(rules=())
    assert len(before) == 64


def rule(**parts: object) -> Rule:
    return Rule.model_validate({"name": "mail", "actions": ["send_*"], "verdict": "auto", **parts})


@pytest.mark.parametrize(
    ("parts", "advice"),
    [
        ({"when": "args.amount >"}, "not a condition that can be read"),
        ({"unless": "args.amount > 5 and true"}, "not a condition that can be read"),
        ({"when": "amount > 5"}, "not a condition that can be read"),
        ({"when": ""}, "at least 1 character"),
        ({"when": "x" * 2001}, "at most 2000 characters"),
        ({"when": True}, "valid string"),
        ({"agents": []}, "at least 1 item"),
        ({"agents": ["a b"]}, "cannot name an action"),
        ({"environments": ["pro duction"]}, "should match pattern"),
        ({"budget": 0}, "greater than or equal to 1"),
        ({"budget": True}, "valid integer"),
        ({"edit": "maybe"}, "'allowed' or 'forbidden'"),
        ({"schedule": {}}, "Field required"),
    ],
)
def test_parts_of_a_rule_that_say_nothing_sound_are_refused(parts: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(advice)):
        rule(**parts)


def test_a_rule_is_read_again_as_it_was_written() -> None:
    held = rule(
        agents=["fin*"], environments=["production"], when="args.amount > 5", unless="agent == 'x'", budget=3,
        edit="forbidden", schedule={"zone": "UTC", "days": "mon-fri", "hours": "09:00-17:00"}, log_channel="#log",
    )  # fmt: skip
    assert Rule.model_validate(held.model_dump(mode="json")) == held
