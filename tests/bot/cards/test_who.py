"""Whom a verdict asks, in sentences."""

from typing import Any

import pytest

from bot.cards.who import listed, span, who
from storage.records import Outcome, Person, Risk, Verdict

ANNA = Person(key="slack:T1:U1", name="Anna", email="anna@example.com")


def people(requester: Person | None = None, **verdict: Any) -> list[str]:
    given = {"outcome": Outcome.approve, "risk": Risk.high, "reasons": (), "rules": (), "policy_version": ""}
    return list(who(Verdict.model_validate({**given, "reminders": (), **verdict}), requester))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ({"reviewers": ("ravi@x.example",)}, "ravi@x.example has to agree."),
        ({"reviewers": ("slack:@leads",)}, "One of @leads has to agree."),
        ({"reviewers": ("ravi@x.example", "slack:@leads")}, "One of ravi@x.example and @leads has to agree."),
        ({"reviewers": ("slack:@leads", "slack:U0RAVI"), "quorum": 2}, "2 of @leads and U0RAVI have to agree."),
        ({"reviewers": ()}, "One of those whom the deployment names has to agree."),
        ({"editable": False}, "They cannot change the arguments."),
        ({"reminders": (0.5, 0.9), "expires_in": 600}, "They are reminded after 5 min and 9 min."),
        ({"escalate_to": ("slack:@bosses",), "escalate_after": 5400}, "After 1 h 30 min, @bosses may decide as well."),
        (
            {"channels": ("#a", "teams:19:x")},
            "They are asked in #a and teams:19:x, and have 4 h. Then it expires, and nothing has happened.",
        ),
        ({"exclude_requester": True}, "Whoever asks for it does not decide on it."),
        ({"outcome": Outcome.log, "log_channels": ("#log",)}, "A line about it is written in #log."),
    ],
)
def test_who_is_asked_is_told_in_sentences(verdict: dict[str, Any], sentence: str) -> None:
    assert sentence in people(**verdict)


@pytest.mark.parametrize("outcome", [Outcome.auto, Outcome.block])
def test_nobody_is_asked_about_what_runs_or_never_does(outcome: Outcome) -> None:
    assert people(outcome=outcome, reviewers=("ravi@x.example",)) == []


def test_whoever_asks_is_told_apart_from_who_decides() -> None:
    told = people(ANNA, reviewers=("anna@example.com", "ravi@x.example"))
    assert "anna@example.com asks for it, and does not decide on it." in told
    assert "That leaves too few: it could not be approved." not in told
    assert "That leaves too few: it could not be approved." in people(ANNA, reviewers=("slack:U1",))
    assert not any("too few" in each for each in people(ANNA, reviewers=("slack:U1", "slack:@leads"), quorum=2))
    assert not any("decide on it" in each for each in people(ANNA, reviewers=("slack:U1",), exclude_requester=False))


def test_spans_and_lists_read_as_people_write_them() -> None:
    assert [span(each) for each in (1, 90, 3600, 12_960, 86_400, 90_060)] == [
        "1 s", "1 min 30 s", "1 h", "3 h 36 min", "1 d", "1 d 1 h",
    ]  # fmt: skip
    assert [listed(each) for each in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
