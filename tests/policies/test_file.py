"""Reading policy files: the shipped one, and every kind of broken one with its line and its advice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from policies.file import SHIPPED, load, parse
from policies.judge import Fallback
from policies.problems import PolicyError, Problem
from policies.rules import RISK_MAP_ACTIONS, Policy, mentionable
from policies.schema import file_schema
from policies.sources import LARGEST
from storage.records import Outcome, Proposal, Risk
from tests.policies.judging import judge

SOUND = """\
defaults:
  reviewers: [slack:@leads, Ravi@Example.com]
  expires_in: 2h
rules:
  - name: mail
    actions: [send_external_email, "*_data"]
    verdict: approve
    quorum: 2
"""


def read(text: str) -> Policy:
    return parse(text.encode(), mentionable({}))


def problems(content: bytes | str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(content.encode() if isinstance(content, str) else content, mentionable({}), file="p.yaml")
    return str(caught.value).splitlines()


def test_a_sound_file_becomes_a_policy() -> None:
    policy = read(SOUND)
    assert policy.defaults.reviewers == ("slack:@leads", "ravi@example.com")
    assert policy.defaults.expires_in == 7200
    assert (policy.rules[0].name, policy.rules[0].quorum, policy.rules[0].reviewers) == ("mail", 2, None)


@pytest.mark.parametrize(
    ("written", "channels"),
    [
        ("slack:C0ONCALL", ("slack:C0ONCALL",)),
        ("[slack:C0ONCALL]", ("slack:C0ONCALL",)),
        ('[slack:C0ONCALL, "teams:19:abc@thread.tacv2"]', ("slack:C0ONCALL", "teams:19:abc@thread.tacv2")),
    ],
)
def test_a_rule_and_the_defaults_name_one_channel_or_several(written: str, channels: tuple[str, ...]) -> None:
    policy = read(f"defaults:\n  channel: {written}\n" + SOUND.partition("rules:")[1] + SOUND.partition("rules:")[2])
    assert policy.defaults.channel == channels
    assert read(SOUND + f"    channel: {written}\n").rules[0].channel == channels


def test_rules_can_name_what_only_other_programs_ask_for() -> None:
    policy = read(
        "other_actions: [deploy_web, deploy_api]\n"
        "rules:\n  - {name: web, actions: [deploy_web], verdict: block}\n"
        '  - {name: all, actions: ["deploy_*"], verdict: log}\n'
    )
    for action, rules in (("deploy_web", ("web", "all")), ("deploy_api", ("all",)), ("deploy_db", ("(unmatched)",))):
        proposal = Proposal(action=action, arguments={}, target="", summary="")
        assert judge(policy, proposal, agent="ci", registered=frozenset()).rules == rules


RISK_MAP = {
    Outcome.auto: (Risk.low, ["search_web", "summarize_document", "classify_ticket"]),
    Outcome.log: (Risk.medium, ["update_internal_record", "draft_internal_message"]),
    Outcome.approve: (
        Risk.high,
        ["send_external_email", "update_customer_record", "execute_financial_action", "delete_any_data"],
    ),
    Outcome.block: (Risk.critical, ["legal_advice", "medical_recommendation", "hiring_decision"]),
}


@pytest.mark.parametrize(
    ("action", "outcome", "risk"),
    [(action, outcome, risk) for outcome, (risk, actions) in RISK_MAP.items() for action in actions],
)
@pytest.mark.parametrize("registered", [frozenset[str](), RISK_MAP_ACTIONS])
def test_the_shipped_file_holds_the_risk_map(action: str, outcome: Outcome, risk: Risk, registered: frozenset[str]) -> None:
    proposal = Proposal(action=action, arguments={}, target="x", summary="x")
    reviewers = Fallback(reviewers=("ravi@example.com",))
    verdict = judge(load(SHIPPED, mentionable({})), proposal, agent="support", registered=registered, fallback=reviewers)
    assert (verdict.outcome, verdict.risk) == (outcome, risk)


def test_the_risk_map_has_the_twelve_names_and_the_shipped_file_covers_them() -> None:
    named = {action for rule in load(SHIPPED, mentionable({})).rules for action in rule.actions}
    assert named == RISK_MAP_ACTIONS == {action for _, actions in RISK_MAP.values() for action in actions}
    assert len(named) == 12


def test_layout_and_comments_do_not_change_the_version() -> None:
    assert read(SOUND).version == read("# ours\n\n" + SOUND.replace("2h", "7200")).version
    assert read(SOUND).version != read(SOUND.replace("2h", "3h")).version


def rule(*lines: str) -> str:
    """A file whose rule is sound but for the given lines, which begin on line 4."""
    return "\n".join(["rules:", "  - name: mail", "    actions: [send_external_email]", *(f"    {line}" for line in lines)])


BROKEN = {
    "empty": ("", "p.yaml:1:1: the file is empty: write at least `rules: []`, which asks people about everything"),
    "only comments": ("# nothing\n", "p.yaml:1:1: the file is empty"),
    "a list": ("- a\n", "p.yaml:1:1: write keys and values here"),
    "a word": ("hello", "p.yaml:1:1: write keys and values here"),
    "no rules": ("defaults: {}\n", "p.yaml:1:1: rules: is missing: add it"),
    "rules without value": ("\n\nrules:\n", "p.yaml:3:1: rules: write a list"),
    "unknown key at the top": ("rules: []\nrule: []\n", "p.yaml:2:1: rule: unknown key: did you mean 'rules'?"),
    "unknown key in defaults": (
        "rules: []\ndefaults:\n  quorom: 2\n",
        "p.yaml:3:3: defaults.quorom: unknown key: did you mean 'quorum'?",
    ),
    "misspelt key": (rule("verdit: approve"), "p.yaml:4:5: rules[0].verdit: unknown key: did you mean 'verdict'?"),
    "misspelt key, capitals": (rule("Verdict: log"), "p.yaml:4:5: rules[0].Verdict: unknown key: did you mean 'verdict'?"),
    "strange key": (
        rule("verdict: log", "xyzzy: 1"),
        "p.yaml:5:5: rules[0].xyzzy: unknown key: remove it, or use one of name, description, actions, agents",
    ),
    "no verdict": (rule(), "p.yaml:2:5: rules[0].verdict: is missing: add it"),
    "unknown verdict": (
        rule("verdict: aprove"),
        "p.yaml:4:14: rules[0].verdict: 'aprove' is not one of auto, log, approve or block: did you mean 'approve'?",
    ),
    "verdict in capitals": (rule("verdict: AUTO"), "p.yaml:4:14: rules[0].verdict: 'AUTO' is not one of auto, log"),
    "verdict as boolean": (rule("verdict: true"), "p.yaml:4:14: rules[0].verdict: True is not one of auto, log"),
    "unknown risk": (
        rule("verdict: log", "risk: hihg"),
        "p.yaml:5:11: rules[0].risk: 'hihg' is not one of low, medium, high or critical: did you mean 'high'?",
    ),
    "bad duration": (
        rule("verdict: log", "expires_in: 4x"),
        "p.yaml:5:17: rules[0].expires_in: write a duration such as 30m",
    ),
    "endless duration": (
        rule("verdict: log", "expires_in: 1000d"),
        "p.yaml:5:17: rules[0].expires_in: write a duration between",
    ),
    "duration .inf": (
        rule("verdict: log", "expires_in: .inf"),
        "p.yaml:5:17: rules[0].expires_in: write a duration such as",
    ),
    "quorum 0": (
        rule("verdict: log", "quorum: 0"),
        "p.yaml:5:13: rules[0].quorum: input should be greater than or equal to 1",
    ),
    "quorum in quotes": (
        rule("verdict: log", 'quorum: "2"'),
        "p.yaml:5:13: rules[0].quorum: write a whole number, without quotes",
    ),
    "quorum true": (rule("verdict: log", "quorum: true"), "p.yaml:5:13: rules[0].quorum: write a whole number"),
    "quorum of 5000 digits": (
        rule("verdict: log", "quorum: " + "9" * 5000),
        "p.yaml:5:13: rules[0].quorum: write a whole number",
    ),
    "more agreement than people": (
        rule("verdict: approve", "reviewers: [a@b.io, A@b.io]", "quorum: 2"),
        "p.yaml:6:13: rules[0].quorum: 2 people have to agree, but only 1 can",
    ),
    "more agreement than default people": (
        "rules: []\ndefaults:\n  reviewers: [a@b.io]\n  quorum: 2\n",
        "p.yaml:4:11: defaults.quorum: 2 people have to agree, but only 1 can",
    ),
    "yes and no": (
        rule("verdict: log", "exclude_requester: no"),
        "p.yaml:5:24: rules[0].exclude_requester: write true or false",
    ),
    "unfinished key": (
        rule("verdict: log", "reviewers:"),
        "p.yaml:5:5: rules[0].reviewers: has no value: write one, or remove",
    ),
    "nobody": (rule("verdict: log", "reviewers: []"), "p.yaml:5:16: rules[0].reviewers: the list is empty"),
    "one reviewer, no list": (rule("verdict: log", "reviewers: a@b.io"), "p.yaml:5:16: rules[0].reviewers: write a list"),
    "a handle": (
        rule("verdict: log", "reviewers:", "  - a@b.io", '  - "@leads"'),
        "p.yaml:7:9: rules[0].reviewers[1]: '@leads' names nobody: did you mean 'slack:@leads'?",
    ),
    "an unquoted handle": (
        rule("verdict: log", "reviewers:", "  - @leads"),
        "p.yaml:6:9: found character '@' that cannot start any token: put the text in quotes",
    ),
    "no channel": (rule("verdict: log", "channel: []"), "p.yaml:5:14: rules[0].channel: "),
    "a channel that is a number": (rule("verdict: log", "channel: [a, 7]"), "p.yaml:5:18: rules[0].channel[1]: "),
    "channel with spaces": (rule("verdict: log", "channel: a b"), "p.yaml:5:14: rules[0].channel[0]: write one word"),
    "an action's name misspelt": (
        "rules:\n  - name: a\n    verdict: log\n    actions:\n      - search_web\n      - send_extrenal_email\n",
        "p.yaml:6:9: rules[0].actions[1]: there is no action 'send_extrenal_email': did you mean 'send_external_email'?",
    ),
    "an action nobody knows": (
        "rules:\n  - name: a\n    verdict: log\n    actions: [fly]\n",
        "p.yaml:4:15: rules[0].actions[0]: there is no action 'fly': the actions are classify_ticket, delete_any_data",
    ),
    "a glob that matches nothing": (
        'rules:\n  - name: a\n    verdict: log\n    actions: ["sned_*"]\n',
        "p.yaml:4:15: rules[0].actions[0]: 'sned_*' matches no action: the actions are classify_ticket",
    ),
    "a glob among the actions of others": (
        'other_actions: ["deploy_*"]\nrules: []\n',
        "p.yaml:1:17: other_actions[0]: 'deploy_*' is a glob: write the whole name of each action",
    ),
    "an action that is no name": (
        "rules:\n  - name: a\n    verdict: log\n    actions: [send mail]\n",
        "p.yaml:4:15: rules[0].actions[0]: 'send mail' cannot name an action",
    ),
    "a number for an action": (
        "rules:\n  - name: a\n    verdict: log\n    actions: [3]\n",
        "p.yaml:4:15: rules[0].actions[0]: write text; put numbers, true and false in quotes",
    ),
    "no actions": (
        "rules:\n  - name: a\n    verdict: log\n    actions: []\n",
        "p.yaml:4:14: rules[0].actions: the list is empty",
    ),
    "a rule that is a word": ("rules:\n  - name\n", "p.yaml:2:5: rules[0]: write keys and values here"),
    "the same name twice": (
        rule("verdict: log", "risk: low", "channel: a") + "\n  - {name: mail, verdict: log, actions: [search_web]}\n",
        "p.yaml:7:12: rules[1].name: 'mail' is the name of rules[0] already: give each rule its own",
    ),
    "a name like ours": (
        "rules:\n  - {name: (unmatched), verdict: log, actions: [search_web]}\n",
        "p.yaml:2:12: rules[0].name: a name starts with a letter or digit",
    ),
    "the same key twice": (
        rule("verdict: log", "risk: low", "verdict: auto"),
        "p.yaml:6:5: rules[0].verdict: written twice, first on line 4: keep one of the two",
    ),
    "an unquoted glob": (
        "rules:\n  - name: a\n    verdict: log\n    actions: [*_data]\n",
        "p.yaml:4:15: rules[0].actions[0]: `*_data` is a YAML alias, unused here: put what begins with * in quotes",
    ),
    "a bare star": (
        "rules:\n  - name: a\n    actions: [*]\n",
        'p.yaml:3:16: a bare * is a YAML alias: put what begins with * in quotes, "*"',
    ),
    "an anchor": ("rules: &all []\n", "p.yaml:1:8: rules: YAML anchors are not supported: remove `&all`"),
    "a merge key": (
        "rules: []\ndefaults:\n  quorum: 1\n  <<: {quorum: 2}\n",
        "p.yaml:4:3: defaults: YAML merge keys are not supported: put what rules share under `defaults`",
    ),
    "a tag": ("rules: !!python/object:os.system []\n", "p.yaml:1:8: rules: YAML tags are not supported: remove"),
    "a directive": ("%YAML 1.1\n---\nrules: []\n", "p.yaml:2:1: YAML directives are not supported"),
    "two documents": ("rules: []\n---\nrules: []\n", "p.yaml:2:1: a second document begins here"),
    "a list as a key": ("? [a]\n: b\nrules: []\n", "p.yaml:1:3: a key has to be a plain word"),
    "a tab": ("rules:\n\t- name: a\n", "p.yaml:2:1: a tab: YAML is indented with spaces"),
    "an open bracket": (
        "rules:\n  - [a\n",
        "p.yaml:3:1: not readable as YAML: expected ',' or ']', but got the end of the file",
    ),
    "a colon too many": ("rules: []\ndefaults: a: b\n", "p.yaml:2:12: a second colon on this line, or a wrong indentation"),
    "a control character": ("rules: []\n# \x07", "p.yaml:2:3: the character U+0007 cannot stand in YAML: remove it"),
    "an escaped surrogate": (
        rule("verdict: log", 'reason: "\\ud800"'),
        "p.yaml:5:13: rules[0].reason: holds a control character",
    ),
    "an escaped NUL in a key": (
        'rules: []\n"a\\0b": 1\n',
        "p.yaml:2:1: a key has up to 100 characters and no control characters",
    ),
    "an escape beyond Unicode": ('rules: []\n"\\UFFFFFFFF": 1\n', "p.yaml:1:1: not readable as YAML"),
    "nested too deeply": ("rules: " + "[" * 5000, "p.yaml:1:1: nested more than 20 levels deep"),
    "Latin-1": (b"rules: []\n# caf\xe9\n", "p.yaml:2:6: not UTF-8 text: save the file as UTF-8"),
    "UTF-16": ("rules: []\n".encode("utf-16"), "p.yaml:1:1: not UTF-8 text"),
    "too large": (b"rules: []\n#" + b" " * LARGEST, "p.yaml: larger than 1 MiB"),
}


@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_its_one_mistake_its_line_and_advice(content: bytes | str, problem: str) -> None:
    found = problems(content)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        "defaults: {quorum: x}\n"
        "rules:\n"
        "  - name: a\n"
        "    verdit: auto\n"
        "    actions: [*all, fly]\n"
        "  - name: a\n"
        "    verdict: maybe\n"
        "    actions: [search_web]\n"
    )
    assert [line.split(": ")[:2] for line in found] == [
        ["p.yaml:1:20", "defaults.quorum"],
        ["p.yaml:4:5", "rules[0].verdit"],
        ["p.yaml:5:15", "rules[0].actions[0]"],
        ["p.yaml:5:21", "rules[0].actions[1]"],
        ["p.yaml:6:11", "rules[1].name"],
        ["p.yaml:7:14", "rules[1].verdict"],
    ]


def test_a_quoted_mistake_is_not_quoted_at_any_length() -> None:
    assert len(problems(rule("verdict: " + "x" * 100_000))[0]) < 1200


@pytest.mark.parametrize(("make", "why"), [("missing", "No such file"), ("folder", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make: str, why: str) -> None:
    path = tmp_path / make
    if make == "folder":
        path.mkdir()
    with pytest.raises(PolicyError, match=why) as caught:
        load(path, mentionable({}))
    assert caught.value.problems[0].file == str(path)
    assert caught.value.problems[0].line is None


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    assert parse(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode(), mentionable({})) == read(SOUND)


def test_a_rule_that_asks_without_naming_anybody_loads() -> None:
    assert read(rule("verdict: approve")).rules[0].reviewers is None


def told(content: bytes) -> tuple[Problem, ...]:
    """The problems of a file; none where it is a policy."""
    try:
        parse(content, mentionable({}))
    except PolicyError as error:
        return error.problems
    return ()


@given(st.text() | st.text(alphabet="rules: []{}-*&!?|>%@`\"'#,\\\n\tx0"))
def test_any_text_is_a_policy_or_has_problems_that_can_be_shown(text: str) -> None:
    for problem in told(text.encode("utf-8", "surrogatepass")):
        assert str(problem).encode().startswith(b"policy.yaml")


@given(st.data())
def test_a_sound_file_with_a_bite_out_of_it_has_problems_on_its_own_lines(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(start, len(SOUND)))
    filling = data.draw(st.sampled_from(["", "x", "*", "&a ", "- ", ": ", "\n", "{", "'", "null", "!!set "]))
    for problem in told((SOUND[:start] + filling + SOUND[end:]).encode()):
        assert problem.line in range(1, SOUND.count("\n") + 3)


@pytest.mark.parametrize("text", [SOUND, SHIPPED.read_text("utf-8")])
def test_the_schema_for_editors_accepts_what_loads(text: str) -> None:
    Draft202012Validator.check_schema(file_schema())
    assert Draft202012Validator(file_schema()).is_valid(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize("name", ["misspelt key", "unknown verdict", "bad duration", "quorum 0", "nobody", "no verdict"])
def test_the_schema_for_editors_refuses_what_does_not(name: str) -> None:
    assert not Draft202012Validator(file_schema()).is_valid(YAML(typ="safe", pure=True).load(BROKEN[name][0]))


LATE = """\
rules:
  - name: mail
    actions: [send_external_email]
    verdict: approve
    expires_in: 30m
    reminders: [25%, 75%]
    escalate_to: [slack:@leads]
    escalate_after: 20m
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "20m",
            "30m",
            "p.yaml:8:21: rules[0].escalate_after: others would be asked after 30m, when the 30m for deciding are",
        ),
        ("20m", "3600", "p.yaml:8:21: rules[0].escalate_after: others would be asked after 3600 s, when the 30m"),
        ("    escalate_to: [slack:@leads]\n", "", "p.yaml:7:21: rules[0].escalate_after: nobody is escalated to: add"),
        ("[slack:@leads]", "[leads]", "p.yaml:7:19: rules[0].escalate_to[0]: 'leads' names nobody"),
        ("75%", "100%", "p.yaml:6:22: rules[0].reminders[1]: write a share of the time between 1% and 99%, such as 50%"),
        ("75%", "75", "p.yaml:6:22: rules[0].reminders[1]: write a share of the time"),
        ("20m", "soon", "p.yaml:8:21: rules[0].escalate_after: write a duration such as 30m"),
    ],
)
def test_reminders_and_escalations_that_cannot_be_are_problems(old: str, new: str, problem: str) -> None:
    assert read(LATE).rules[0].reminders == (0.25, 0.75)
    [told] = problems(LATE.replace(old, new))
    assert told.startswith(problem)


def test_a_rule_too_short_for_the_escalation_of_the_defaults_is_a_problem() -> None:
    defaults = "defaults:\n  escalate_to: [slack:@leads]\n  escalate_after: 1h\n"
    text = defaults + LATE.replace("    escalate_after: 20m\n", "")
    [told] = problems(text)
    assert told == "p.yaml:8:17: rules[0].expires_in: others would be asked after 1h, when the 30m for deciding are over"
