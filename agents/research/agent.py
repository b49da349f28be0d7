"""The research agent: a model searches and reads documents, and answers or proposes, within bounds that are not its own."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.intent import Intent
from agents.limits import Limits
from agents.prompts import PromptFile
from agents.runtime import LiveRun
from agents.second_look.ask import second_look
from agents.second_look.compare import LEAST_RISK
from agents.support.knowledge import Article, Knowledge
from agents.tools import Source, Tool, ToolFailed, tool
from agents.workflow import Agent
from storage.records import Risk

ACTIONS = ("draft_internal_message", "send_external_email")
LIMITS = Limits(turns=12, tokens=250_000, cost_usd=0.50, seconds=600, checkpoint_every=8, proposals=3)
RESEARCH = PromptFile.load(Path(__file__).parent / "prompts" / "research.md")

UNASKED = "The recipient does not stand in what was asked for."

PASSAGE = 200  # characters of a document in what a search finds
MOST_OF_ONE = 20_000  # characters of a document that are read at once

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True)
class Sources:
    """The documents that the agent searches and reads."""

    library: Knowledge


def research(sources: Sources) -> Agent:
    """The agent that works with `sources`."""

    async def workflow(run: LiveRun, input: str) -> str:
        async def review(intent: Intent) -> Intent:
            doubts = await second_look(run, intent.action, intent.arguments, intent.summary)
            return intent.marked(doubts, LEAST_RISK).marked(_unasked(intent, input), Risk.critical)

        return (await run.work(input, RESEARCH, review=review)).told

    return Agent(
        name="research",
        level=3,
        description="Answers a question from the documents, with sources; can leave a note or propose a mail about it.",
        usage="a question, or a task such as: ask quality@brightfold.example whether they pay for batch AF-2609",
        actions=ACTIONS,
        workflow=workflow,
        tools=_tools(sources.library),
        limits=LIMITS,
    )


def addresses(text: str) -> list[str]:
    """The e-mail addresses in a text, without the stop or quotation mark at the end of a sentence."""
    return [address.rstrip(".'") for address in _ADDRESS.findall(text)]


def _tools(library: Knowledge) -> tuple[Tool, ...]:
    @tool
    async def search(query: Annotated[str, Field(max_length=300)]) -> list[Source]:
        """Search the documents with a few words. Returns up to five of them, each with its beginning."""
        return [_source(article, PASSAGE) for article in await library.search(query, 5)]

    @tool
    async def read(document: Annotated[str, Field(max_length=200)]) -> Source:
        """Read a document that was found. Give its name."""
        article = library.get(document)
        if article is None:
            raise ToolFailed(f"There is no document {document[:80]!r}. Search first, and read one that was found.")
        return _source(article, MOST_OF_ONE)

    return search, read


def _source(article: Article, most: int) -> Source:
    left = len(article.text) - most
    text = f"{article.text[:most]} [{left:,} more characters]" if left > 0 else article.text
    return Source(name=article.slug, title=article.title, text=text, link=article.link)


def _unasked(intent: Intent, task: str) -> list[str]:
    asked = {address.casefold() for address in addresses(task)}
    to = str(intent.arguments.get("to", "")).casefold()
    return [UNASKED] if intent.action == "send_external_email" and to not in asked else []
