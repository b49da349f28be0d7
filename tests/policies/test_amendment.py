"""A change of the rules and the same change of the file say the same, and nothing else of the file changes."""

import pytest

from policies.amendment import Add, Amendment, Say, amended, rewritten, rule_text
from policies.file import SHIPPED, parse
from policies.rules import Policy, Rule
from storage.records import Outcome

KNOWN = dict.fromkeys(("pay", "note", "mail"))
ADDED = Rule(name="small", actions=("pay",), verdict=Outcome.log, when='args.to == "a, b: c # d" && args.n <= 5')
NEW = """\
# Small: ours
rules:
  # about money

  - name: pay
    actions: [pay]
    verdict: approve  # until we know better
    # kept: below the verdict
    unless: args.n < 0

  # about words
  - {name: notes, actions: [note], verdict: approve}

defaults: {quorum: 1}
# the end
"""
VERDICT_FIRST = """\
rules:
- verdict: 'approve'
  name: pay
  actions: [pay]
- name: notes
  actions:
  - note
  verdict: "approve"
"""
LAYOUTS = {
    "with comments": NEW,
    "verdict first, without an indent": VERDICT_FIRST,
    "no line at the end": NEW.rstrip().removesuffix("# the end").rstrip(),
    "one rule a line": "rules:\n"
    "  - {actions: [note], name: notes, verdict: approve}\n"
    "  - {name: pay, actions: [pay], verdict: approve }",
    "carriage returns": NEW.replace("\n", "\r\n"),
}
CHANGES: dict[str, Amendment] = {
    "loosened": (Say("pay", "verdict", "log"),),
    "excepted": (Say("pay", "unless", 'action == "pay" && args.to != "x # y: z"'),),
    "for two": (Say("notes", "quorum", 2),),
    "one more": (Add(ADDED, "pay", "Earned: by 2 people."),),
    "at the end": (Add(ADDED),),
    "both": (Say("pay", "unless", "args.n <= 5"), Add(ADDED, "pay"), Say("notes", "verdict", "block")),
}


def policy_of(text: str) -> Policy:
    return parse(text.encode(), KNOWN)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", CHANGES)
def test_the_file_says_what_the_rules_are(layout: str, change: str) -> None:
    text, amendment = LAYOUTS[layout], CHANGES[change]
    changed = rewritten(text, amendment)
    assert changed is not None
    assert policy_of(changed) == amended(policy_of(text), amendment)
    assert policy_of(changed) != policy_of(text)


@pytest.mark.parametrize("change", CHANGES)
def test_comments_stay_in_their_order(change: str) -> None:
    changed = rewritten(NEW, CHANGES[change])
    assert changed is not None
    comments = [line.partition("# ")[2] for line in NEW.splitlines() if "# " in line]
    places = [changed.index(comment) for comment in comments]
    assert places == sorted(places)
    assert len(places) == 6


def test_a_rule_stands_behind_its_own_comments_and_before_those_of_the_next() -> None:
    changed = rewritten(SHIPPED.read_text(encoding="utf-8"), (Add(ADDED, "deletion", "Why."),))
    assert changed is not None
    before, _, after = changed.partition("\n  # Why.\n  - name: small\n")
    assert before.rstrip().endswith("# quorum: 2")
    assert after.lstrip().split("\n\n", 1)[1].startswith("  # Never: judgements")


@pytest.mark.parametrize(
    "text",
    [
        "rules: []\n",
        "rules: [{name: pay, actions: [pay], verdict: approve}]\n",
        "other_actions: [pay]\n",
    ],
)
def test_what_cannot_be_changed_by_lines_is_left_alone(text: str) -> None:
    assert rewritten(text, (Add(ADDED, "pay"),)) is None
    assert rewritten(text, (Say("elsewhere", "verdict", "log"),)) is None


def test_a_rule_is_written_as_people_write_them() -> None:
    rule = Rule.model_validate(
        {
            "name": "pay on weekdays",
            "actions": ["pay", "refund_*"],
            "verdict": "log",
            "schedule": {"zone": "Europe/Berlin", "days": "mon-fri", "hours": "09:00-17:30"},
            "log_channel": ["#money"],
            "when": "args.amount <= 50",
        }
    )
    assert rule_text(Add(rule, comment="Earned.")) == (
        "  # Earned.\n"
        "  - name: pay on weekdays\n"
        '    actions: [pay, "refund_*"]\n'
        "    verdict: log\n"
        "    when: args.amount <= 50\n"
        '    schedule: {zone: "Europe/Berlin", days: [mon, tue, wed, thu, fri], hours: "09:00-17:30"}\n'
        '    log_channel: ["#money"]\n'
    )
