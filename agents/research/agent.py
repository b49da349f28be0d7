"""The research agent: search, read, propose, answer, as the model chooses, within bounds that are not the model's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.research.desk import Desk
from agents.research.proposal import Unusable, drafted, sources
from agents.research.turn import Tool, Turn, question
from agents.runtime import LiveRun, Outcome
from agents.second_look.ask import second_look
from agents.second_look.compare import LEAST_RISK
from agents.support.knowledge import Article, Knowledge
from agents.workflow import Agent
from storage.records import Evidence, Risk

ACTIONS = ("draft_internal_message", "send_external_email")

MOST_TURNS = 12
MOST_PROPOSALS = 3

NO_MORE = "Not done: no more proposals may be made in this run. Finish with what you have."

Take = Callable[[Turn, Desk], Awaitable[Desk]]


@dataclass(frozen=True)
class Sources:
    """The documents that the agent searches and reads."""

    library: Knowledge


def research(sources: Sources) -> Agent:
    """The agent that works with `sources`."""

    async def workflow(run: LiveRun, input: str) -> str:
        return await Researcher(run, sources.library).answer(input)

    return Agent(
        name="research",
        level=3,
        description="Answers a question from the documents, with sources; can leave a note or propose a mail about it.",
        usage="a question, or a task such as: ask quality@brightfold.example whether they pay for batch AF-2609",
        actions=ACTIONS,
        workflow=workflow,
    )


@dataclass
class Researcher:
    """One run of the agent, turn by turn. Not a value: it counts the proposals."""

    run: LiveRun
    library: Knowledge
    proposals: int = 0

    async def answer(self, task: str) -> str:
        """Take turns until the model finishes or may go on no longer."""
        tools: dict[Tool, Take] = {"search": self._search, "read": self._read}
        desk = Desk(task)
        for turns_left in range(MOST_TURNS, 0, -1):
            asked = question(desk, turns_left, MOST_PROPOSALS - self.proposals)
            turn = await self.run.llm_call("turn", asked, Turn, lambda turn: turn.line)
            if turn.tool == "finish":
                return _told(turn.answer or "The documents do not say.", sources(turn, desk), desk)
            desk = await tools.get(turn.tool, self._propose)(turn, desk)
        read = ", ".join(each.title for each in desk.known) or "nothing"
        return f"No answer after {MOST_TURNS} turns, so it was stopped. Read so far: {read}. {' '.join(desk.done)}".strip()

    async def _search(self, turn: Turn, desk: Desk) -> Desk:
        query = turn.query or ""
        found = await self.run.retrieval(
            "search",
            query,
            lambda: self.library.search(query, 5),
            tuple[Article, ...],
            lambda found: [a.slug for a in found],
        )
        return desk.searched(query, found)

    async def _read(self, turn: Turn, desk: Desk) -> Desk:
        name = turn.document or ""
        found = await self.run.retrieval("read", name, lambda: self._documents(name), tuple[Article, ...], _names)
        if not found:
            return desk.noting(f"There is no document {name[:80]!r}. Search first, and read one that was found.")
        after = desk.reading(found[0])
        put_away = [slug for slug in after.dropped if slug not in desk.dropped]
        if put_away:
            await self.run.tool_call("put_away", {"documents": list(put_away)}, lambda: _same(put_away), list[str])
        return after

    async def _documents(self, name: str) -> tuple[Article, ...]:
        article = self.library.get(name)
        return (article,) if article else ()

    async def _propose(self, turn: Turn, desk: Desk) -> Desk:
        if self.proposals == MOST_PROPOSALS:
            return desk.noting(NO_MORE)
        try:
            draft = drafted(turn, desk)
        except Unusable as error:
            return desk.noting(f"Not proposed, because {error}. Mend it or finish.")
        self.proposals += 1
        arguments = draft.arguments.model_dump(mode="json")
        doubts = await second_look(self.run, draft.action, arguments, draft.summary)
        marks = {*draft.labels, *doubts}
        self.run.labels |= marks
        outcome = await self.run.propose(
            draft.action,
            arguments,
            summary=draft.summary,
            evidence=draft.evidence,
            risk=_raised(draft.risk, LEAST_RISK) if doubts else draft.risk,
        )
        self.run.labels -= marks  # they are about this proposal, not about the next
        return desk.noting(_became(draft.summary, outcome))


def _names(articles: tuple[Article, ...]) -> list[str]:
    return [article.slug for article in articles]


async def _same(documents: list[str]) -> list[str]:
    return documents


def _raised(risk: Risk | None, least: Risk) -> Risk:
    return max(risk or least, least, key=lambda each: each.rank)


def _became(summary: str, outcome: Outcome) -> str:
    edited = " A reviewer had changed it." if outcome.edited else ""
    said = f" They wrote: {outcome.notes}" if outcome.notes else ""
    why = f" {outcome.reason}" if outcome.reason and not outcome.succeeded else ""
    return f"{summary} → {outcome.status}.{edited}{why}{said}"


def _told(answer: str, evidence: tuple[Evidence, ...], desk: Desk) -> str:
    """The answer with what was done and where it stands, as text for the person who asked."""
    named = [f"{each.title} ({each.link})" if each.link else each.title for each in evidence]
    return "\n".join(filter(None, (answer, *desk.done, f"Sources: {'; '.join(named)}" if named else "Sources: none.")))
