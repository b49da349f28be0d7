"""Every ended proposal leaves one evaluation record that joins everything."""

from typing import Any

from bot.flow.evaluate import differences
from bot.flow.sweep import sweep
from tests.bot.flow.stage import RAVI, Stage


async def body(stage: Stage) -> dict[str, Any]:
    [evaluation] = await stage.read(lambda tx: tx.evaluations())
    return dict(evaluation.body)


async def test_an_edit_is_a_diff_beside_the_proposal_as_the_agent_made_it(stage: Stage) -> None:
    request = await stage.ask("480.00 lamp-shop")
    stage.clock.move(seconds=40)
    await stage.edit(request, amount="300.00", notes="Only the lamp.")
    record = await body(stage)
    assert record["proposed_action"]["arguments"] == {"amount": "480.00", "to": "lamp-shop"}
    assert record["edit"] == [{"field": "amount", "before": "480.00", "after": "300.00"}]
    assert record["outcome"]["status"] == "succeeded"
    assert record["evidence_used"] == [{"title": "The ticket", "quote": "480.00 lamp-shop", "link": None}]
    [decision] = record["decisions"]
    assert (decision["decision"], decision["person"], decision["notes"]) == ("edit", RAVI.key, "Only the lamp.")
    assert 40 <= decision["seconds_to_decide"] < 45  # the database's own clock goes on
    assert record["versions"]["agent"]


async def test_a_rejection_keeps_its_reason_and_invents_nothing(stage: Stage) -> None:
    await stage.reject(await stage.ask(), reason="wrong_action", notes="Send an e-mail.")
    record = await body(stage)
    assert record["decisions"][0]["reason"] == "wrong_action"
    assert record["edit"] == []
    assert record["outcome"]["status"] == "rejected"


async def test_an_expiry_is_not_a_rejection(stage: Stage) -> None:
    await stage.ask()
    stage.clock.move(hours=5)
    await sweep(stage.signoff)
    [evaluation] = await stage.read(lambda tx: tx.evaluations())
    assert (evaluation.decision, evaluation.outcome) == ("expired", "none")


def test_differences_name_what_changed_and_only_that() -> None:
    assert differences({"a": 1, "b": "x", "c": None}, {"a": 1, "b": "y", "c": True}) == [
        {"field": "b", "before": "x", "after": "y"},
        {"field": "c", "before": None, "after": "True"},
    ]
