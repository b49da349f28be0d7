"""Time: a request ends when its time is over, whoever notices first."""

from collections import Counter
from typing import Any, cast

from bot.cards.text import plain
from bot.flow.close import expire
from bot.flow.sweep import sweep
from storage.records import RequestStatus
from storage.store import Transaction
from tests.bot.flow.stage import POLICY, Stage


async def test_nobody_answers_and_the_agent_receives_expired(stage: Stage) -> None:
    await stage.ask()
    stage.clock.move(hours=4)
    assert await sweep(stage.signoff) == 1
    await stage.settle()
    assert (await stage.run()).final_output == "expired: 480.00 Nobody decided in time."
    assert stage.card().buttons == ()
    assert any("Expired." in text for _, text in stage.surface.replies)


async def test_a_click_at_the_deadline_is_too_late_even_before_the_sweep(stage: Stage) -> None:
    request = await stage.ask()
    stage.clock.move(hours=4)
    answer = await stage.approve(request)
    assert not answer.ok
    assert "expired" in plain(answer.text)
    assert await stage.status() is RequestStatus.expired
    assert stage.till.paid == []


async def test_a_click_just_before_the_deadline_counts(stage: Stage) -> None:
    request = await stage.ask()
    stage.clock.move(hours=4, seconds=-5)
    assert (await stage.approve(request)).ok
    assert len(stage.till.paid) == 1


async def test_a_sweep_leaves_what_was_decided_and_what_has_time(stage: Stage) -> None:
    await stage.approve(await stage.ask())
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    expires_in: 8h\n", 1))
    await stage.ask("20 baker")
    stage.clock.move(hours=5)
    assert await sweep(stage.signoff) == 0
    assert await stage.status() is RequestStatus.pending


async def test_the_requester_cancels_and_nobody_else_can(stage: Stage) -> None:
    from tests.bot.flow.stage import RAVI

    request = await stage.ask()
    refused = await stage.type(f"cancel {request.id}", RAVI)
    assert not refused.ok
    assert await stage.status() is RequestStatus.pending
    assert (await stage.type(f"cancel {request.id[:8]}")).ok
    assert await stage.status() is RequestStatus.cancelled
    assert (await stage.run()).final_output == "cancelled: 480.00 Anna took it back."


class Counting:
    """A transaction that counts how often each of its methods is called."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.calls = Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._tx, name)


async def test_the_end_of_a_request_reads_nothing_twice(stage: Stage) -> None:
    request = await stage.ask()
    stage.clock.now = request.expires_at

    def work(tx: Transaction) -> Counter[str]:
        counting = Counting(tx)
        assert expire(cast("Transaction", counting), stage.signoff, request.id) is not None
        return counting.calls

    calls = await stage.store.write(work)
    assert {name: calls[name] for name in ("steps", "revisions", "decisions", "run")} == {
        "steps": 1, "revisions": 1, "decisions": 1, "run": 1,
    }  # fmt: skip
