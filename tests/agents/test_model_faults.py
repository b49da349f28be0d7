"""The three agents against a server that speaks the Messages API, in every way it can go: each run ends in a clear state.

A case is an agent, the call that goes wrong (its first or its last), and what the server does instead of answering as it
should. `pytest -rP` shows the table of how each ended.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agents import shipped
from agents.claude import ClaudeModel
from bot.flow.front_desk import FrontDesk
from bot.sandbox.world import World
from policies.file import SHIPPED, parse
from policies.judge import Fallback
from policies.rules import mentionable
from storage.records import RequestStatus, Run, RunStatus, Step, StepStatus, StepType
from tests.bot.flow.stage import CHANNEL, Stage, stage_at
from tests.fakes.effects import Effects, effects
from tests.fakes.messages_api import (
    BROKEN,
    CUT,
    GARBLED,
    OVERLOADED,
    SILENCE,
    STALL,
    TRUNCATED,
    MessagesApi,
    calls,
    fails,
    raw,
    says,
)
from tests.fakes.rule_mind import rule_mind

PATIENCE = 0.4  # seconds in place of the 20 that a deployment waits
INES = "quality@brightfold.example"
POLICY = parse(SHIPPED.read_bytes(), mentionable({}))

Reply = Callable[[], web.Response | str]


@dataclass(frozen=True)
class Task:
    """What an agent is asked, the number of calls that its model answers, and the effects it has in the end."""

    agent: str
    input: str
    calls: int
    effects: Effects

    def __str__(self) -> str:
        return self.agent


TASKS = (
    Task("triage", "INC-42", 3, {"notes": 1}),
    Task("support", "From: mia@example.com\nSubject: Lamp\n\nOne Pico of A-1017 is bent. Please refund 89.00 USD.", 1,
         {"refunds": 1}),
    Task("research", f"Tell {INES} what we know about batch AF-2609.", 6, {"mails": 1}),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What the server does at one call, and the words of the run that fails by it; None where the run succeeds.

    `said` is for agents that ask for an answer in a form, `turned` for one whose model chooses among tools, if that differs.
    """

    name: str
    replies: tuple[Reply, ...]
    said: str | None
    turned: str | None = ""

    def __str__(self) -> str:
        return self.name

    def words(self, turn: bool) -> str | None:
        return self.turned if turn and self.turned != "" else self.said


def _fails(status: int, type: str, after: str = "0.01") -> Reply:
    return lambda: fails(status, type, retry_after=after)


BUSY, OVER = _fails(429, "rate_limit_error"), _fails(529, "overloaded_error")
FORM, UNREAD = "does not have the form that was asked for", "sent an answer that cannot be read"
FAULTS = (
    Fault("as it should", (), None),
    Fault("text in place of the form", (lambda: says("All is well."),), FORM, None),
    Fault("another form", (lambda: says('{"colour": "green"}'),), FORM, None),
    Fault("a tool that was not offered", (lambda: calls("shell", {"command": "rm -rf /"}),), FORM, None),
    Fault("429 once, with retry-after", (BUSY,), None),
    Fault("429 and again", (BUSY, BUSY), "The Claude API's rate limit is reached; try again in a minute."),
    Fault("529 once", (OVER,), None),
    Fault("529 and again", (OVER, OVER), "Claude is overloaded; try again in a minute."),
    Fault("529 within the answer", (lambda: OVERLOADED,), "Claude is overloaded; try again in a minute."),
    Fault("500 and again", (_fails(500, "api_error"),) * 2, "The Claude API has a problem of its own (status 500)."),
    Fault("refusal", (lambda: says("I cannot.", stop="refusal"),), "Claude declined to answer this."),
    Fault("max_tokens", (lambda: says('{"category": "sa', stop="max_tokens"),), "longer than allowed and was cut off"),
    Fault("truncated stream", (lambda: TRUNCATED,), "broke off in the middle of its answer"),
    Fault("connection lost within the answer", (lambda: BROKEN,), "broke off in the middle of its answer"),
    Fault("connection lost and again", (lambda: CUT, lambda: CUT), "could not be reached"),
    Fault("malformed event", (lambda: GARBLED,), UNREAD),
    Fault("malformed body", (lambda: raw('{"id": "msg_1", "content": ['),), UNREAD),
    Fault("silence", (lambda: SILENCE, lambda: SILENCE), "did not answer in time"),
    Fault("silence within the answer", (lambda: STALL,), "did not answer in time"),
)
CASES = [
    (task, fault, call)
    for task in TASKS
    for fault in FAULTS
    for call in sorted({1, task.calls})
    if fault.replies or call == 1
]


@dataclass
class Ended:
    """How a case ended."""

    run: Run
    steps: list[Step]
    chat: list[str]
    effects: Effects
    requests: int

    @property
    def told(self) -> str:
        return self.run.final_output or self.run.error or ""


class Faulty:
    """A mind that answers as it should but at one question, where it goes through `replies` first."""

    def __init__(self, call: int, replies: tuple[Reply, ...]) -> None:
        self._mind, self._call, self._left, self._answered = rule_mind(), call, list(replies), 0

    def __call__(self, request: dict[str, Any]) -> web.Response | str:
        if self._answered + 1 == self._call and self._left:
            return self._left.pop(0)()
        self._answered += 1
        return self._mind(request)


@asynccontextmanager
async def at_work(folder: Path, mind: Faulty) -> AsyncIterator[tuple[Stage, World, MessagesApi]]:
    """The real flow, client and systems, with that mind behind the API."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(World(folder / "world"))
        api = await stack.enter_async_context(MessagesApi(mind=mind))
        stage = await stack.enter_async_context(stage_at(folder / "signoff.db"))
        claude = ClaudeModel("key-1", model="claude-haiku-5-5", base_url=api.url, timeout=PATIENCE, retries=1)
        stack.push_async_callback(claude.close)
        systems = world.systems()
        stack.callback(systems.close)
        stage.signoff = replace(
            stage.signoff, agents=shipped.agents(systems), actions=shipped.actions(systems), model=claude,
            fallback=Fallback(("ravi@example.com",), "slack:C1"), fallback_place=CHANNEL,
        )  # fmt: skip
        stage.desk = FrontDesk(stage.signoff)
        stage.policy[:] = [POLICY]
        yield stage, world, api


async def ended(folder: Path, task: Task, fault: Fault, call: int) -> Ended:
    """Play a case to the end of its run; a person approves what waits."""
    async with at_work(folder, Faulty(call, fault.replies)) as (stage, world, api):
        await stage.type(f"run {task.agent} {task.input}")
        while waiting := await stage.read(lambda tx: tx.requests(status=RequestStatus.pending)):
            await stage.approve(waiting[0])
        run = await stage.run()
        steps = list(await stage.read(lambda tx: tx.steps(run.id)))
        chat = [text for _, text in (*stage.surface.replies, *stage.surface.told)]
        return Ended(run, steps, chat, effects(world), len(api.requests))


@pytest.mark.parametrize(("task", "fault", "call"), CASES, ids=str)
async def test_every_way_it_can_go_ends_in_a_clear_state(tmp_path: Path, task: Task, fault: Fault, call: int) -> None:
    case = await ended(tmp_path, task, fault, call)
    print(f"\n| {task.agent} | call {call} | {fault.name} | {case.run.status} | {case.effects} | {case.told[:150]!r} |")
    failing = fault.words(task.agent == "research")
    assert case.run.status is (RunStatus.succeeded if failing is None else RunStatus.failed)
    assert failing is None or failing in case.told
    assert [text for text in case.chat if case.told.split("\n")[0] in text]
    assert not [text for text in case.chat if "Traceback" in text or "internal error" in text]
    assert {step.status for step in case.steps} <= {StepStatus.done, StepStatus.failed}
    # What was done before the fault is whole, and is told; what would have come after it is not begun.
    early = failing is not None and (call == 1 or task.agent != "research")
    last_words = failing is None and fault.said is not None and call == 1 and case.requests == 1  # in place of a call
    assert case.effects == ({} if early or last_words else task.effects)
    assert (failing is None or not case.effects) or "send_external_email (succeeded)" in case.told


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.agent)
async def test_tries_again_and_answers_of_no_use_stand_in_the_trace(tmp_path: Path, task: Task) -> None:
    busy = await ended(tmp_path / "busy", task, Fault("429 once", (BUSY,), None), 1)
    asked = [step.detail for step in busy.steps if step.type is StepType.llm_call]
    assert [detail["retries"] for detail in asked] == [1] + [0] * (task.calls - 1)
    assert busy.requests == task.calls + 1

    cut = Fault("max_tokens", (lambda: says("{", stop="max_tokens", output_tokens=8192),), "cut off")
    case = await ended(tmp_path / "cut", task, cut, 1)
    [call] = [step for step in case.steps if step.type is StepType.llm_call]
    assert (call.status, call.detail["completion_tokens"]) == (StepStatus.failed, 8192)
    assert case.run.completion_tokens == 8192
    assert case.run.total_cost_usd == pytest.approx((100 * 0.1 + 8192 * 0.5) / 1e6)
