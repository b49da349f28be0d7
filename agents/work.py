"""Level 3: a model works on a task with declared tools, turn by turn, within bounds that are not the model's.

Each turn is a recorded `llm_call`. A tool that it calls is a recorded `retrieval` or `tool_call`, an action goes through
`propose`, and anything else is refused, told to the model and counted. At a bound, and every few turns, people are asked
through the gate whether it may go on.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue, TypeAdapter, ValidationError

from agents import wording
from agents.actions import AgentError, BadArguments, by_field
from agents.checkpoint import CONTINUE_WORK, MOST_TEXT, ContinueWork
from agents.gate import Outcome
from agents.intent import FINISH, NO_SOURCE, STRANGE, Finish, Intent, borne_out, finishing, offered, raised
from agents.journal import StepFailed
from agents.levels import UndeclaredTool
from agents.limits import Bounds, Spent
from agents.model import Call, Exchange, ModelOverreached, Offer, Said, Talk, traced
from agents.prompts import PromptFile
from agents.suspicion import strange
from agents.tools import Source, Tool, ToolFailed
from agents.transcript import Entry, Transcript, cut, size
from storage.records import Evidence, JsonObject, Risk
from storage.redaction import texts

if TYPE_CHECKING:
    from agents.runtime import LiveRun

FRAME = PromptFile.load(Path(__file__).with_suffix(".md"))

Review = Callable[[Intent], Awaitable[Intent]]

_SAID: TypeAdapter[Call | Said] = TypeAdapter(Call | Said)


class WorkflowFailed(AgentError):
    """Raised by a workflow that cannot go on, with a sentence for the person who asked."""


@dataclass(frozen=True)
class Work:
    """What came of a piece of work. `why` says why it was stopped, and is empty if the model finished.

    `sources` bear out the answer; `done` has a line for each proposal, whose `outcomes` stand in the same order.
    """

    answer: str
    sources: tuple[Evidence, ...] = ()
    done: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    turns: int = 0
    why: str = ""

    @property
    def finished(self) -> bool:
        """Whether the model came to an end by itself."""
        return not self.why

    @property
    def told(self) -> str:
        """All of it as text for the person who asked."""
        named = "; ".join(f"{each.title} ({each.link})" if each.link else each.title for each in self.sources)
        return "\n".join(filter(None, (self.why, self.answer, *self.done, f"Sources: {named}" if named else "")))


async def work(run: "LiveRun", task: str, prompt: PromptFile, review: Review | None) -> Work:
    """See `LiveRun.work`."""
    agent = run.agent
    if agent.level != 3 or not (agent.tools or agent.actions):
        lacks = "it declares neither tools nor actions"
        why = lacks if agent.level == 3 else f"it is of level {agent.level}, and tools belong to level 3"
        raise UndeclaredTool(f"Agent {agent.name!r} cannot let a model work with tools: {why}.")
    if CONTINUE_WORK not in run.actions:
        raise UndeclaredTool(
            f"There is no action {CONTINUE_WORK!r} to ask people with. Add `continue_work()` to the actions."
        )
    return await Worker(run, task, prompt, review).work()


@dataclass
class Worker:
    """One piece of work while it goes on. Not a value."""

    run: "LiveRun"
    task: str
    prompt: PromptFile
    review: Review | None
    spent: Spent = field(default_factory=Spent)
    transcript: Transcript = field(default_factory=Transcript)
    known: dict[str, Source] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    unknown: list[tuple[str, JsonObject]] = field(default_factory=list)  # of what was proposed and may have happened
    refusals: int = 0
    checkpoints: int = 0
    unchecked: int = 0  # turns since people were last asked
    advice: str = ""  # what they want the model to be told with the next result

    def __post_init__(self) -> None:
        agent = self.run.agent
        self.limits = agent.limits
        self.bounds = Bounds.of(self.limits)
        self.odd = strange([self.task])  # and whatever is read from now on
        self.tools: Mapping[str, Tool] = {tool.name: tool for tool in agent.tools}
        self.offers: tuple[Offer, ...] = (
            *(tool.offer for tool in agent.tools),
            *(offered(action) for action in map(self.run.actions.__getitem__, agent.actions) if not action.withheld()),
            finishing(),
        )

    async def work(self) -> Work:
        """Take turns until the model finishes or people do not let it go on."""
        while True:
            said = await self._turn()
            if isinstance(said, Said):
                return self._ended(said.text)
            if said.name == FINISH and (finish := await self._finish(said)):
                return self._ended(finish.answer, borne_out(finish.sources, self.known))
            if said.name != FINISH:
                if why := await self._stopped(said):
                    return self._ended(self._so_far(), why=why)
                await self._take(said)

    async def _turn(self) -> Call | Said:
        """The model's next turn, recorded."""
        talk, dropped, context = self._talk()

        async def ask() -> tuple[JsonValue, JsonObject]:
            try:
                answer = await self.run.model.turn(talk)
            except ModelOverreached as error:
                answer = error.answer  # it was paid for, and is refused by name as a step of its own
            stored: JsonValue = {"value": answer.value.model_dump(mode="json"), "label": answer.label}
            more: JsonObject = {"frame_version": FRAME.version, "context_tokens": context, "dropped": list(dropped)}
            return stored, traced(talk, answer, wording.line(answer.value)) | more

        said = await self.run.asked("turn", talk, ask, _SAID.validate_python)
        self.spent = self.spent.after(self.run.recorder.last)
        self.unchecked += 1
        return said

    def _talk(self) -> tuple[Talk, tuple[int, ...], int]:
        """What to ask, the steps whose results are not shown any more from now on, and its size in tokens."""
        system = f"{self.prompt.system}\n\n{FRAME.system}"
        fixed, room, lines = size(system, self._data([]), self.offers), self.limits.context // 2, self.limits.context // 8
        if fixed > room:
            raise WorkflowFailed(
                f"The task is too long for this agent: about {fixed:,} tokens, and there is room for {room:,}."
            )
        before, self.transcript = self.transcript, self.transcript.fitting(self.limits.context - fixed - lines)
        dropped = tuple(entry.step for entry in self.transcript.earlier[len(before.earlier) :])
        data = self._data(self.transcript.lines(lines))
        exchanges = tuple(entry.exchange for entry in self.transcript.shown)
        context = size(system, data, self.offers) + sum(entry.tokens for entry in self.transcript.shown)
        return Talk(self.prompt.name, self.prompt.version, system, data, exchanges, self.offers), dropped, context

    def _data(self, lines: list[str]) -> str:
        """The task and its limits, and a line for each step that is not shown: the same until more is put away."""
        limits = {
            "turns": self.bounds.turns,
            "proposals": self.limits.proposals,
            "refused_calls": self.limits.refusals,
        }
        data = {"task": self.task, "limits": limits, "earlier": lines}
        return json.dumps(data, ensure_ascii=False, indent=1)

    async def _finish(self, call: Call) -> Finish | None:
        try:
            return Finish.model_validate(call.arguments)
        except ValidationError as error:
            await self._refuse(call, str(BadArguments(FINISH, by_field(error))))
            return None

    async def _take(self, call: Call) -> None:
        """Do what the model called for, if it may."""
        try:
            if call.name in self.tools:
                await self._use(self.tools[call.name], call)
            elif call.name in self.run.agent.actions:
                await self._propose(call)
            else:
                known = ", ".join(offer.name for offer in self.offers)
                await self._refuse(call, f"There is no tool {wording.label(call.name)!r}. There are: {known}.")
        except BadArguments as error:
            await self._refuse(call, f"The arguments do not fit. {error}")

    async def _use(self, tool: Tool, call: Call) -> None:
        """A tool's result, recorded; what it failed with is told to the model. Raises BadArguments."""
        parsed = tool.parse(call.arguments)
        asked: JsonObject = {"arguments": call.arguments}
        asked |= {"query": wording.query(call.arguments)} if tool.finds else {"tool": tool.name}

        async def use() -> tuple[JsonValue, JsonObject]:
            async with asyncio.timeout(tool.seconds):
                kept = tool.kept(await tool.use(**parsed))
            found: list[JsonValue] = [source.name for source in tool.sources(kept)]
            return kept, asked | ({"sources_retrieved": found} if tool.finds else {"result": "done"})

        def load(kept: JsonValue) -> tuple[JsonValue, tuple[Source, ...]]:
            return kept, tool.sources(kept)

        try:
            kept, sources = await self.run.recorder.take(tool.type, tool.name, asked, use, load)
        except StepFailed as error:
            self._hear(said := str(error))
            self._note(call, said, "It failed.", line=f"It failed: {said}")
        else:
            self._hear(kept)
            self._know(sources)
            names = ", ".join(source.name for source in sources) or "nothing"
            self._note(call, wording.text(kept), "", line=names if tool.finds else wording.short(kept))
        self.spent = self.spent.after(self.run.recorder.last)

    def _hear(self, said: JsonValue) -> None:
        """Something that strangers may have written. It stays heard, whatever the same source says later."""
        self.odd = self.odd or strange([*texts(said), wording.text(said)])

    def _know(self, sources: Iterable[Source]) -> None:
        """Quotes are looked up in the most that was read of a source: a later search may show only its beginning."""
        for source in sources:
            known = self.known.get(source.name)
            if known is None or len(source.text) >= len(known.text):
                self.known[source.name] = source

    async def _propose(self, call: Call) -> None:
        """An action, through the gate. Raises BadArguments."""
        if len(self.outcomes) >= self.limits.proposals:
            await self._refuse(
                call, f"The {self.limits.proposals} proposals it may make are made. Finish with what there is."
            )
            return
        wanted = Intent.read(self.run.actions[call.name], call.arguments, self.known)
        if (wanted.action, wanted.arguments) in self.unknown:
            self._note(call, "", "Not proposed: nobody knows whether the same happened before, and a person has to look.")
            return
        try:
            intent = await self._reviewed(wanted)
        except ToolFailed as error:
            self._note(call, "", f"Not proposed: {error}")
            return
        added = set(intent.labels) - self.run.labels
        self.run.labels |= added
        outcome = await self.run.propose(
            intent.action, intent.arguments, summary=intent.summary, evidence=intent.evidence, risk=intent.risk
        )
        self.run.labels -= added  # they are about this proposal, not about the next
        self.outcomes.append(outcome)
        if outcome.status == "unknown":
            self.unknown += [(intent.action, wanted.arguments), (intent.action, outcome.arguments)]
        self.done.append(wording.became(intent.summary, outcome))
        brought = "" if outcome.succeeded else outcome.reason  # in which a server that failed may have its say
        result = brought or wording.text(outcome.receipt.get("result", ""))
        self._hear(result)
        remark = wording.became("", replace(outcome, reason=""))
        self._note(call, result, f"Proposed. {remark}", line=wording.became("", outcome))

    async def _reviewed(self, intent: Intent) -> Intent:
        """With our own marks and the author's, who can raise the risk and never lower it."""
        marked = intent.marked([STRANGE] if self.odd else [], Risk.critical)
        if any(tool.finds for tool in self.tools.values()):
            marked = marked.marked([] if intent.evidence else [NO_SOURCE], Risk.high)
        if self.review is None:
            return marked
        before = self.run.recorder.number
        try:
            reviewed = await self.review(marked)
        finally:  # it may have asked a model as well, which is paid for
            self._count(before)
        labels = (*marked.labels, *(label for label in reviewed.labels if label not in marked.labels))
        risk = raised(marked.risk, reviewed.risk)
        return Intent(marked.action, reviewed.arguments, reviewed.summary, reviewed.evidence, risk, labels)

    def _count(self, before: int) -> None:
        """What the steps after that number have used up."""
        for step in self.run.journal.steps:
            if before < step.number <= self.run.recorder.number:
                self.spent = self.spent.after(step)

    async def _refuse(self, call: Call, why: str) -> None:
        """Refuse a call: recorded, counted, told to the model. Raises WorkflowFailed after too many."""
        name = wording.label(call.name)
        await self.run.recorder.refuse(name, {"tool": name, "arguments": wording.short(call.arguments)}, why)
        self.refusals += 1
        if self.refusals > self.limits.refusals:
            raise WorkflowFailed(
                f"The model tried {self.refusals} times what it may not do, so the work was ended. The last time: {why}"
            )
        self._note(call, "", f"Refused: {why}", refused=True)

    async def _stopped(self, call: Call) -> str | None:
        """Ask people whether to go on, where they have to be asked; why the work ends if they do not let it."""
        crossed = self.bounds.crossed(self.spent)
        # An action is about to be judged by itself; the next turn is early enough to ask about the work.
        due = (
            self.unchecked >= (self.limits.checkpoint_every or self.unchecked + 1)
            and call.name not in self.run.agent.actions
        )
        if not crossed and not due:
            return None
        why = crossed or f"It has taken {self.unchecked} turns since anybody looked."
        if self.checkpoints >= self.limits.checkpoints:
            return (
                f"Stopped after {self.spent.turns} turns: {why} People have let it go on {self.checkpoints} times already."
            )
        asked = self._question(call, why, again=crossed is not None)
        summary = f"Let agent {self.run.agent.name} go on with its task: {wording.label(' '.join(self.task.split()), 120)}"
        outcome = await self.run.handed_in(
            CONTINUE_WORK, asked.model_dump(mode="json"), summary=summary, evidence=(), risk=None
        )
        if not outcome.succeeded:
            said = f" They wrote: {outcome.notes}" if outcome.notes else ""
            return f"Stopped after {self.spent.turns} turns: {why} Whether it may go on: {outcome.status}.{said}"
        self._go_on(ContinueWork.model_validate(outcome.arguments), outcome, again=crossed is not None)
        return None

    def _question(self, call: Call, why: str, *, again: bool) -> ContinueWork:
        """What people are asked: as much again at a bound, else what is left."""
        left = None if self.bounds.cost_usd is None else max(round(self.bounds.cost_usd - self.spent.cost_usd, 6), 1e-6)
        lines = [entry.line for entry in (*self.transcript.earlier, *self.transcript.shown)]
        return ContinueWork(
            task=wording.label(self.task, MOST_TEXT),
            why=why,
            done=wording.tail("\n".join(lines) or "Nothing yet.", MOST_TEXT),
            planned=wording.label(wording.line(call), MOST_TEXT),
            spent=self.spent.told,
            turns=self.limits.turns if again else self.bounds.turns - self.spent.turns,
            cost_usd=self.limits.cost_usd if again else left,
        )

    def _go_on(self, granted: ContinueWork, outcome: Outcome, *, again: bool) -> None:
        self.checkpoints += 1
        self.unchecked = 0
        if again or outcome.edited:
            self.bounds = self.bounds.granted(self.spent, self.limits, granted.turns, granted.cost_usd)
        if advice := " ".join(filter(None, (granted.advice, outcome.notes))):
            self.advice = advice

    def _note(self, call: Call, result: str, note: str, *, line: str = "", refused: bool = False) -> None:
        """Put an exchange into the transcript, with what the program itself has to say to it."""
        step = self.run.recorder.number
        left = f"{max(self.bounds.turns - self.spent.turns, 0)} turns are left."
        advice, self.advice = (f"A colleague says: {self.advice}" if self.advice else ""), ""
        told = " ".join(filter(None, (note, left, advice)))
        shown = Exchange(call, cut(result, self.limits.context // 4), told, refused)
        self.transcript = self.transcript.adding(Entry(step, f"{step}. {wording.line(call)} → {line or note}"[:300], shown))

    def _so_far(self) -> str:
        read = ", ".join(source.title for source in self.known.values()) or "nothing"
        return f"No answer yet. Read so far: {read}."

    def _ended(self, answer: str, sources: tuple[Evidence, ...] = (), why: str = "") -> Work:
        return Work(answer, sources, tuple(self.done), tuple(self.outcomes), self.spent.turns, why)
