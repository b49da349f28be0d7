"""A support agent that is a LangGraph graph: classify, route, execute_tool, human_review.

    pip install 'signoff[langgraph]'
    export SIGNOFF_AGENTS=agents/examples/langgraph_support.py
    signoff run langgraph-support "When do you open on Saturdays? My address is mia@example.com"

`agents/examples/langgraph_gate.py` says how graph and gate go together, and serves any other graph as well.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from agents.evidence import from_ticket
from agents.examples.langgraph_gate import Decision, Marked, Through, Wish, signed_off, step, worked
from agents.mail import Ticket, read_ticket
from agents.model import Prompt
from agents.prompts import PromptFile
from agents.runtime import LiveRun, Route
from agents.support.knowledge import Article, Knowledge
from agents.workflow import Agent
from storage.records import Evidence, JsonObject

try:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.runtime import Runtime
except ImportError as error:
    raise ImportError("LangGraph is not installed. Install it with Signoff: pip install 'signoff[langgraph]'") from error

PROMPT = PromptFile.load(Path(__file__).with_suffix(".md"))
PATHS = {"answer": ("send_external_email", "draft_internal_message"), "team": ("draft_internal_message",)}

CHECKPOINTS = "LANGGRAPH_CHECKPOINTS"  # variable with the file of LangGraph's checkpoints


class Reading(Route):
    """How the model understands a message."""

    path: str
    question: str = Field(max_length=300)
    quote: str = Field(max_length=1000)


class State(Marked, total=False):
    """What the graph knows. Checkpoints hold it, so it is plain JSON."""

    text: str
    path: str
    question: str
    quote: str
    tool: str | None
    article: dict[str, Any] | None
    decision: Decision


@dataclass(frozen=True)
class Desk(Through):
    """What nodes work with."""

    knowledge: Knowledge


@step
async def classify(state: State, runtime: Runtime[Desk]) -> dict[str, Any]:
    """Have the model choose a path."""
    ticket = await asyncio.to_thread(read_ticket, state["text"])
    reading = await runtime.context.run.choose("classify", PROMPT.about(ticket.text[:20_000]), Reading)
    return {"path": reading.path, "question": reading.question, "quote": reading.quote}


async def route(state: State) -> dict[str, Any]:
    """What can be answered needs a tool first."""
    return {"tool": "help_centre" if state["path"] == "answer" else None}


def next_of(state: State) -> Literal["execute_tool", "human_review"]:
    """Where `route` leads."""
    return "execute_tool" if state["tool"] else "human_review"


@step
async def execute_tool(state: State, runtime: Runtime[Desk]) -> dict[str, Any]:
    """Look the question up. Tools only read; an effect is never a node."""
    found = await runtime.context.run.retrieval(
        "help_centre",
        state["question"],
        lambda: runtime.context.knowledge.search(state["question"], 1),
        tuple[Article, ...],
        lambda articles: [article.slug for article in articles],
    )
    return {"article": found[0].model_dump(mode="json") if found else None}


async def human_review(state: State) -> dict[str, Any]:
    """Interrupt with what the graph would do; Signoff does it once people agree."""
    decision = signed_off(await asyncio.to_thread(_wish, state))
    return {"decision": decision, "mark": decision["mark"]}


def graph() -> StateGraph[State, Desk]:
    """The graph, to be compiled with a checkpointer."""
    made = StateGraph(State, context_schema=Desk)
    made.add_node("classify", classify)
    made.add_node("route", route)
    made.add_node("execute_tool", execute_tool)
    made.add_node("human_review", human_review)
    made.add_edge(START, "classify")
    made.add_edge("classify", "route")
    made.add_conditional_edges("route", next_of)
    made.add_edge("execute_tool", "human_review")
    made.add_edge("human_review", END)
    return made


def langgraph_support(knowledge: Knowledge | None = None) -> Agent:
    """The agent, with the articles that it answers from."""
    articles = knowledge or Knowledge()

    async def workflow(run: LiveRun, input: str) -> str:
        file = Path(os.environ.get(CHECKPOINTS, "var/langgraph.db"))
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        async with AsyncSqliteSaver.from_conn_string(str(file)) as checkpoints:
            state = await worked(graph().compile(checkpointer=checkpoints), {"text": input}, Desk(run, articles))
        return told(state["decision"])

    return Agent(
        name="langgraph-support",
        level=2,
        description="Answers a question from the help centre, as a LangGraph graph.",
        usage="a message, or a whole mail with its headers",
        actions=("send_external_email", "draft_internal_message"),
        workflow=workflow,
        paths=PATHS,
    )


def _wish(state: State) -> Wish:
    ticket, article = read_ticket(state["text"]), state.get("article")
    evidence = [from_ticket(ticket, state["quote"]).model_dump(mode="json")]
    to = ticket.senders[0] if ticket.senders else None
    if article is None or to is None:
        why = "Nobody can be answered: no address." if article else "The help centre has no answer."
        arguments: JsonObject = {"subject": "Please look at a message", "body": f"{why}\n\n{ticket.text[:15_000]}"}
        return Wish(action="draft_internal_message", arguments=arguments, summary=f"Ask the team. {why}", evidence=evidence)
    answer = Evidence(title=article["title"], quote=article["text"][:300], link=article["link"])
    body = f"Hello,\n\n{article['text']}\n\nKind regards\nThe support team"
    return Wish(
        action="send_external_email",
        arguments={"to": to, "subject": f"Re: {_subject(ticket)}", "body": body},
        summary=f"Answer {to} from the help centre: {article['title']}.",
        evidence=[*evidence, answer.model_dump(mode="json")],
    )


def _subject(ticket: Ticket) -> str:
    printable = "".join(each if each.isprintable() else " " for each in ticket.subject)
    return " ".join(printable.split())[:150] or "your message"


def told(decision: Decision) -> str:
    """The end of the run, in a sentence."""
    if decision["status"] == "succeeded":
        return decision["said"]
    why = decision["notes"] or decision["said"]
    return f"Nothing was sent: {decision['status']}." + (f" {why}" if why else "")


def read_by_rules(prompt: Prompt) -> Reading:
    """Stands in for the model where there is no ANTHROPIC_API_KEY, and says so on every card."""
    line = next((line.strip() for line in prompt.data.splitlines() if "?" in line), "")
    return Reading(path="answer" if line else "team", question=line[:300], quote=(line or prompt.data.strip())[:300])


AGENTS = [langgraph_support()]
RULES = {PROMPT.name: read_by_rules}
