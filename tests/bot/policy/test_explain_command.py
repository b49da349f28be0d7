"""`signoff policy explain`, as people and scripts type it."""

import json
from pathlib import Path

import pytest

from tests.bot.policy.terminal import REFUND, Terminal

WORDS = tuple(f"{name}={value}" for name, value in REFUND.items())


def test_it_says_the_verdict_the_rules_what_conditions_saw_and_who_is_asked(terminal: Terminal) -> None:
    told = terminal("explain", "execute_financial_action", *WORDS, "--requester", "anna@example.com")

    assert told.exit_code == 0
    for line in (
        "execute_financial_action: approve, high risk (people are asked)",
        "  More than 100 needs two people.",
        '  args.amount    "480.00"',
        "  target         480.00 USD of ch_1",
        "  requester      anna@example.com",
        "  environment    production",
        "  – small refunds  auto     does not count: when is false",
        "      when   args.amount <= 100.0  → false",
        "             args.amount = 480.0",
        "  ✓ large refunds  approve  counts",
        '      unless requester.email == "cfo@example.com"  → false',
        '             requester.email = "anna@example.com"',
        "  2 of noor@example.com and ravi@example.com have to agree.",
        "  Whoever asks for it does not decide on it.",
        "  They are reminded after 2 h and 3 h 36 min.",
    ):
        assert line in told.stdout.splitlines(), line


def test_a_program_reads_the_same(terminal: Terminal) -> None:
    told = json.loads(terminal("explain", "execute_financial_action", *WORDS, "--json").stdout)

    assert (told["verdict"], told["risk"], told["rules"], told["quorum"]) == ("approve", "high", ["large refunds"], 2)
    assert told["reviewers"] == ["noor@example.com", "ravi@example.com"]
    assert [(rule["rule"], rule["counts"]) for rule in told["about"]] == [("large refunds", True), ("small refunds", False)]
    when, unless = told["about"][0]["conditions"]
    assert (when["answer"], when["values"]) == (True, {"args.amount": 480.0})
    assert (unless["answer"], unless["values"], unless["unknown"]) == (None, {}, ["requester.email"])
    assert unless["failed"] == "`requester` is not known here"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("amuont=480", *WORDS[1:]), "There is no argument 'amuont': did you mean 'amount'? execute_financial_action takes"),
        (WORDS[:1], "currency, charge and reason must be given."),
        (("amount=lots", *WORDS[1:]), "amount: input should be a valid decimal."),
        (("480",), "'480' is no argument: write name=value"),
        ((*WORDS, "amount=1"), "amount is there twice."),
        (("--args", "{"), "That is not JSON"),
        (("--args", '{"amount": NaN}'), "That holds NaN, which is not JSON."),
        (("--args", "[]"), "Write the arguments as a JSON object"),
        ((*WORDS, "--args", "{}"), "Give the arguments one way"),
        ((*WORDS, "--requester", "anna"), "'anna' names nobody"),
        ((*WORDS, "--at", "noon"), "'noon' is no time"),
        ((*WORDS, "--risk", "odd"), "'odd' is not one of"),
    ],
)
def test_what_cannot_be_explained_is_told_with_what_to_write(terminal: Terminal, typed: tuple[str, ...], said: str) -> None:
    told = terminal("explain", "execute_financial_action", *typed)
    assert told.exit_code == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_a_policy_that_cannot_be_used_is_told_with_its_mistakes(terminal: Terminal) -> None:
    terminal.file.write_text("rules: [{name: a, actions: [x], verdit: auto}]")
    told = terminal("explain", "x")
    assert told.exit_code == 2
    assert "did you mean 'verdict'?" in told.stderr


def test_an_action_that_is_not_registered_is_explained_with_a_guess(terminal: Terminal) -> None:
    told = json.loads(terminal("explain", "execute_financial_acton", "a=1", "b=true", 'c="1"', "d=x", "--json").stdout)
    assert told["args"] == {"a": 1, "b": True, "c": "1", "d": "x"}
    assert told["rules"] == []
    assert "did you mean 'execute_financial_action'?" in told["remarks"][0]
    assert json.loads(terminal("explain", "tool_x", "--agent", "triage", "--json").stdout)["verdict"] == "auto"


def test_the_circumstances_are_those_that_are_given(terminal: Terminal) -> None:
    terminal.file.write_text("""
defaults: {reviewers: [ravi@example.com]}
rules:
  - {name: night, actions: [deploy], schedule: {zone: Europe/Berlin, hours: "22:00-06:00"}, verdict: block}
  - {name: try, actions: [deploy], environments: [staging], agents: [ci], verdict: auto}
""")

    def verdict(*typed: str) -> str:
        return str(json.loads(terminal("explain", "deploy", "--json", *typed).stdout)["verdict"])

    day = ("--at", "2026-11-23T12:00")
    assert verdict("--at", "2026-11-23T23:00+01:00", "--agent", "ci", "--environment", "staging") == "block"
    assert verdict(*day, "--agent", "ci", "--environment", "staging") == "auto"
    assert verdict(*day, "--agent", "ci", "--environment", "staging", "--risk", "high") == "approve"
    assert verdict(*day, "--agent", "ci") == "approve"
    assert verdict(*day, "--environment", "staging") == "approve"


def test_secrets_are_covered_wherever_they_would_show(terminal: Terminal, tmp_path: Path) -> None:
    agents = tmp_path / "keeper.py"
    agents.write_text(KEEPER)
    typed = ("explain", "sign_in", "token=swordfish", "user=swordfish-fan")
    for told in (terminal(*typed, SIGNOFF_AGENTS=str(agents)), terminal(*typed, "--json", SIGNOFF_AGENTS=str(agents))):
        assert told.exit_code == 0, told.stderr
        assert "[secret, 9 characters]" in told.stdout
        assert told.stdout.count("swordfish") == 1, "only the policy says it, in its condition"


KEEPER = '''
from agents.actions import Action, Arguments
from agents.runtime import LiveRun
from agents.workflow import Agent


class SignIn(Arguments):
    """Who."""

    token: str
    user: str


async def sign_in(arguments, effect):
    return {"summary": "In."}


async def work(run: LiveRun, text: str) -> str:
    """Nothing."""
    return ""


ACTIONS = [Action("sign_in", "Sign in", "Signs in.", SignIn, lambda a: a.user, sign_in)]
AGENTS = [Agent("keeper", 1, "Signs in.", "TEXT", ("sign_in",), work)]
'''


def test_where_nobody_is_named_it_says_so_and_what_to_do(terminal: Terminal) -> None:
    terminal.file.write_text("rules: [{name: a, actions: [x], verdict: approve}]")
    told = terminal("explain", "x").stdout
    assert "Nobody is named to ask: name reviewers in the policy, or set SIGNOFF_REVIEWERS." in told
    assert "somebody" not in told
    assert "ravi@example.com has to agree." in terminal("explain", "x", SIGNOFF_REVIEWERS="ravi@example.com").stdout


def test_nothing_that_others_wrote_reaches_the_terminal_as_an_escape(terminal: Terminal) -> None:
    told = terminal("explain", "tool_\x1b[2J", "a=\x1b[31mred\u202e", "--agent", "\x1b]0;x\x07").stdout
    assert "\x1b" not in told
    assert "<U+001B>" in told or "\\u001b" in told


def test_arguments_can_stand_in_a_file(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "args.json").write_text(json.dumps(REFUND))
    typed = ("explain", "execute_financial_action", "--json", "--args-file")
    assert json.loads(terminal(*typed, "args.json").stdout)["verdict"] == "approve"
    assert json.loads(terminal(*typed, "-", typed=json.dumps(REFUND)).stdout)["verdict"] == "approve"
    assert terminal(*typed, "-", typed=b"\xff").exit_code == 2
    assert terminal(*typed, "nowhere.json").exit_code == 2
