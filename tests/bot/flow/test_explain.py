"""`/signoff policy explain`: what the policy in force says of an action, to whoever may read that."""

import pytest

from bot.cards.text import plain
from storage.records import Person
from tests.bot.flow.stage import ANNA, RAVI, Stage

POLICY = """
defaults: {reviewers: [ravi@example.com]}
other_actions: [deploy]
rules:
  - {name: small, actions: [pay], when: args.amount <= 100.0, verdict: auto}
  - {name: large, actions: [pay], when: args.amount > 100.0, verdict: approve}
  - {name: known, actions: ["*"], agents: [payer], verdict: log, log_channel: "#log"}
  - {name: proven, actions: [note], unless: size(evidence) > 0, verdict: block}
  - {name: night, actions: [deploy], schedule: {zone: UTC, hours: "22:00-06:00"}, verdict: block}
"""


async def told(stage: Stage, line: str, who: Person = ANNA) -> str:
    answer = await stage.type(f"policy {line}", who)
    return plain(answer.text)


async def test_it_is_the_policy_in_force_that_is_explained(stage: Stage) -> None:
    assert "runs by itself" in await told(stage, "explain think text=hello")
    stage.adopt(POLICY)
    assert "people are asked · high risk" in await told(stage, "explain think text=hello")
    said = await told(stage, "explain pay amount=480.00 to=lamp-shop")
    assert "✓ large says approve, counts" in said
    assert "when args.amount > 100.0 → true (args.amount = 480.0)" in said
    assert "– small says auto, but does not count: when is false" in said
    assert stage.till.paid == []


@pytest.mark.parametrize("written", ["--agent payer", "—agent payer", "--agent=payer"])
async def test_the_agent_can_be_named(stage: Stage, written: str) -> None:
    stage.adopt(POLICY)
    assert "Some of these rules depend on the agent." in await told(stage, "explain think text=hello")
    said = await told(stage, f"explain think {written} text=hello")
    assert "runs, with a line in the log" in said
    assert "A line about it is written in #log." in said
    assert "There is no agent 'nobody'" in await told(stage, f"explain think {written.replace('payer', 'nobody')} text=a")


async def test_what_an_explanation_cannot_know_counts_where_it_asks_for_more(stage: Stage) -> None:
    stage.adopt(POLICY)
    said = await told(stage, "explain note text=hello")
    assert "never runs" in said
    assert "unless size(evidence) > 0 → could not be decided: evidence is not known here\n" in said


async def test_actions_of_other_programs_are_explained_as_the_flow_judges_them(stage: Stage) -> None:
    stage.adopt(POLICY)
    said = await told(stage, "explain deploy replicas=3")
    assert "No rule is about deploy, so people are asked." in said
    assert "night says block, but does not count: it counts at other times" in said


async def test_an_action_that_nobody_knows_is_not_explained(stage: Stage) -> None:
    assert "There is no action paiy. Did you mean pay?" in await told(stage, "explain paiy")
    assert "There is no action zzz. There are: advise note pay think" in await told(stage, "explain zzz")


async def test_where_nobody_could_approve_it_says_that_it_is_blocked(stage: Stage) -> None:
    stage.adopt("rules: [{name: a, actions: [pay], verdict: approve}]")
    said = await told(stage, "explain pay amount=1 to=x")
    assert "never runs" in said
    assert "Nobody can approve this" in said


async def test_whoever_asks_is_the_requester(stage: Stage) -> None:
    stage.adopt(POLICY)
    assert "ravi@example.com asks for it, and does not decide on it. That leaves too few" in await told(
        stage, "explain pay amount=480 to=x", RAVI
    )
    assert "Whoever asks for it does not decide on it." in await told(stage, "explain pay amount=480 to=x", ANNA)


async def test_a_long_policy_has_a_short_answer(stage: Stage) -> None:
    rules = [f"  - {{name: rule {n}, actions: [pay], when: args.to != 'x{n}', verdict: approve}}" for n in range(200)]
    stage.adopt("\n".join(["defaults: {reviewers: [ravi@example.com]}", "rules:", *rules]))
    said = await told(stage, f"explain pay amount=480 to={'a' * 3000}")
    assert "and 190 more rules about it." in said
    assert len(said) < 30_000


async def test_credentials_that_were_typed_are_not_repeated(stage: Stage) -> None:
    stage.adopt("rules: [{name: a, actions: [note], when: args.text != '', verdict: block}]")
    said = await told(stage, "explain note text=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB")
    assert "ghp_" not in said
    assert "[secret, " in said


@pytest.mark.parametrize(
    "line",
    ["", "explain", "explain pay {", "explain pay amount", "explain pay amount=\x00", "explain pay \ud800", "explain \u202e",
     "explain pay " + "{" * 5000, "explain pay " + '{"a":' * 3000,
     "EXPLAIN pay amount=1 to=x", "explain pay amount=1e400 to=x"],
    ids=lambda line: repr(line[:20]),
)  # fmt: skip
async def test_whatever_is_typed_is_answered_in_words(stage: Stage, line: str) -> None:
    said = await told(stage, line)
    assert said
    assert "Something went wrong" not in said
