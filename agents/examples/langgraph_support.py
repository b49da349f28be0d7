"""A support agent as a LangGraph graph, with Signoff as its gate. It needs LangGraph: pip install 'signoff[langgraph]'.

    SIGNOFF_AGENTS=agents/examples/langgraph_support.py signoff run langgraph-support "Please refund my order A-1042."

    classify -> route -> execute_tool -> route ... -> human_review -> route ... -> end

`classify` asks the model, `route` decides what comes next, `execute_tool` looks something up or has an answer written, and
`human_review` interrupts with a proposal. Signoff executes what was approved, itself, once, exactly as it was shown; so the
tools of `execute_tool` only read. The graph goes on with the decision: of a refund that a reviewer has edited, the customer
is told the edited amount. How checkpoints and journal fit together stands in `agents/examples/langgraph_gate.py`.
"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, Field

from agents.evidence import QUOTED, from_ticket
from agents.examples.langgraph_gate import Asked, Checkpointer, Gated, GatedGraph, Node, gated, in_file
from agents.levels import Route
from agents.mail import Ticket, read_ticket
from agents.model import Prompt
from agents.prompts import PromptFile
from agents.runtime import LiveRun
from agents.support.case import order_numbers, sender, visible
from agents.support.customers import Customer, Customers, Found, Order
from agents.support.knowledge import Article, Knowledge
from agents.suspicion import STRANGE, strange
from agents.workflow import Agent
from storage.records import Evidence, JsonObject, Risk

try:
    from langgraph.graph import END, START
    from langgraph.types import interrupt
except ModuleNotFoundError as missing:
    raise ImportError("LangGraph is not installed; run: pip install 'signoff[langgraph]'") from missing

CLASSIFY = PromptFile.load(Path(__file__).parent / "prompts" / "langgraph_classify.md")
REPLY = PromptFile.load(Path(__file__).parent / "prompts" / "langgraph_reply.md")
MOST_TEXT = 20_000  # characters of a ticket that the model gets to see

REFUND, MAIL, MESSAGE = "execute_financial_action", "send_external_email", "draft_internal_message"
PATHS = {"refund": (REFUND, MAIL, MESSAGE), "answer": (MAIL, MESSAGE), "hand_over": (MESSAGE,)}
TOOLS_FOR = {"refund": ("customer",), "answer": ("customer", "help_centre", "reply"), "hand_over": ()}


class Reading(Route):
    """How the model understands a ticket. Nothing in it is believed without a look at the records."""

    summary: str = Field(max_length=300)
    quote: str = Field(max_length=1000)
    order: str | None = Field(default=None, max_length=40)
    suspicious: bool = False


class Reply(BaseModel):
    """An answer to a ticket; empty if there is none."""

    text: str = Field(max_length=10_000)


class State(Gated, total=False):
    """What the graph knows of one ticket; plain JSON, as it is what the checkpoints keep."""

    input: str
    ticket: JsonObject
    reading: JsonObject
    facts: JsonObject  # what tools found, by their names
    tool: str | None  # the one that is to run next
    proposal: JsonObject | None
    decisions: list[JsonObject]
    told: str


@dataclass(frozen=True)
class Seen:
    """A state as values."""

    ticket: Ticket
    reading: Reading
    found: Found
    articles: tuple[Article, ...]
    reply: str

    @classmethod
    def of(cls, state: State) -> "Seen":
        """What a state says."""
        facts: Mapping[str, Any] = state.get("facts", {})
        return cls(
            Ticket.model_validate(state["ticket"]),
            Reading.model_validate(state["reading"]),
            Found.model_validate(facts.get("customer", {})),
            tuple(map(Article.model_validate, facts.get("help_centre", []))),
            facts.get("reply", ""),
        )

    @property
    def customer(self) -> Customer | None:
        """Whom the ticket is from, as far as the records show."""
        return sender(self.ticket, self.found)

    @property
    def order(self) -> Order | None:
        """The one order of theirs that it is about."""
        theirs = visible(self.customer, self.found.orders)
        named = [order for order in theirs if order.id == self.reading.order]
        chosen = named if self.reading.order else theirs
        return chosen[0] if len(chosen) == 1 else None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The ticket's own words, and what was looked up."""
        order = self.order if self.reading.path == "refund" else None
        records = [Evidence(title=f"Order {order.id}", quote=f"{order.items}; {_paid(order)}"[:QUOTED])] if order else []
        articles = [Evidence(title=f"Help centre: {a.title}", quote=a.text[:QUOTED], link=a.link) for a in self.articles]
        return (from_ticket(self.ticket, self.reading.quote), *records, *articles)[:3]

    def propose(self, action: str, arguments: JsonObject, summary: str) -> JsonObject:
        """What the graph interrupts with."""
        risk = Risk.critical if self.reading.suspicious else None
        asked = Asked(action=action, arguments=arguments, summary=summary, evidence=self.evidence, risk=risk)
        return asked.model_dump(mode="json")


@dataclass(frozen=True)
class Desk:
    """The nodes that look outside, over what they look into."""

    customers: Customers
    knowledge: Knowledge

    async def classify(self, run: LiveRun, state: State) -> State:
        """Read the ticket, and let the model choose the path."""
        text = state["input"]
        ticket = await run.tool_call(
            "read_ticket", {"characters": len(text)}, lambda: asyncio.to_thread(read_ticket, text), Ticket
        )
        reading = await run.choose("classify", CLASSIFY.about(ticket.text[:MOST_TEXT]), Reading)
        if reading.suspicious or strange((ticket.text, ticket.sender_name)):
            reading = reading.model_copy(update={"suspicious": True})
            run.labels.add(STRANGE)
        return {"ticket": ticket.model_dump(mode="json"), "reading": reading.model_dump(mode="json")}

    async def execute_tool(self, run: LiveRun, state: State) -> State:
        """Run the tool that is next. Tools read; effects are proposed."""
        tools: Mapping[str, Callable[[LiveRun, Seen], Awaitable[Any]]] = {
            "customer": self._customer, "help_centre": self._help_centre, "reply": _reply,
        }  # fmt: skip
        name = str(state["tool"])
        return {"facts": {**state.get("facts", {}), name: await tools[name](run, Seen.of(state))}}

    async def _customer(self, run: LiveRun, seen: Seen) -> JsonObject:
        numbers = order_numbers(seen.ticket)
        found = await run.retrieval(
            "customer",
            ", ".join([*seen.ticket.senders, *numbers]) or "nobody is named",
            lambda: self.customers.find(seen.ticket.senders, numbers),
            Found,
            lambda found: [*(person.id for person in found.customers), *(order.id for order in found.orders)],
        )
        return found.model_dump(mode="json")

    async def _help_centre(self, run: LiveRun, seen: Seen) -> list[JsonObject]:
        articles = await run.retrieval(
            "help_centre",
            seen.ticket.text[:500],
            lambda: self.knowledge.search(seen.ticket.text),
            tuple[Article, ...],
            lambda articles: [article.slug for article in articles],
        )
        return [article.model_dump(mode="json") for article in articles]


async def _reply(run: LiveRun, seen: Seen) -> str:
    data = {"ticket": seen.ticket.text[:MOST_TEXT], "articles": [a.model_dump(mode="json") for a in seen.articles]}
    prompt = REPLY.about(json.dumps(data, ensure_ascii=False))
    reply = await run.llm_call("write_reply", prompt, Reply, lambda reply: reply.text[:100])
    return reply.text.strip()


async def route(run: LiveRun, state: State) -> State:
    """Decide what comes next: a tool, a proposal, or the end."""
    seen, decisions = Seen.of(state), state.get("decisions", [])
    tools = TOOLS_FOR[seen.reading.path]
    tool = next((name for name in tools if name not in state.get("facts", {})), None)
    proposal = None if tool else following(seen, decisions)
    if tool or proposal:
        return {"tool": tool, "proposal": proposal}
    return {"tool": None, "proposal": None, "told": " ".join(map(_told, decisions))}


def turn(state: State) -> str:
    """The edge that leaves `route`."""
    if state["tool"]:
        return "execute_tool"
    return "human_review" if state["proposal"] else END


async def human_review(run: LiveRun, state: State) -> State:
    """Stop here until the proposal is decided on and, if it was approved, done."""
    proposal = state["proposal"] or {}
    decision = interrupt(proposal)
    return {"decisions": [*state.get("decisions", []), {"action": proposal["action"], **decision}]}


def following(seen: Seen, decisions: list[JsonObject]) -> JsonObject | None:
    """The next proposal after these decisions, if there is one. Pure."""
    match decisions:
        case []:
            return {"refund": _refund, "answer": _answer, "hand_over": _hand_over}[seen.reading.path](seen)
        case [{"action": "execute_financial_action", "status": "succeeded", "arguments": dict(refund)}]:
            return _refunded(seen, refund)
    return None


def _refund(seen: Seen) -> JsonObject:
    customer, order = seen.customer, seen.order
    if customer is None or order is None:
        return _hand_over(seen, "It is not clear which order of which customer is meant.")
    money: JsonObject = {"amount": f"{order.paid:.2f}", "currency": order.currency, "charge": order.charge}
    return seen.propose(
        REFUND,
        {**money, "reason": "requested_by_customer"},
        f"Refund {order.paid:.2f} {order.currency} to {customer.name} for order {order.id}.",
    )


def _refunded(seen: Seen, refund: JsonObject) -> JsonObject | None:
    """A mail that says what was refunded, which may not be what was proposed."""
    customer, order = seen.customer, seen.order
    if customer is None or order is None:
        return None
    money = f"{refund['amount']} {refund['currency']}"
    body = f"Dear {customer.name},\n\nwe have refunded {money} for your order {order.id}.\n\nYour support team"
    mail: JsonObject = {"to": customer.email, "subject": f"Your refund for order {order.id}", "body": body}
    return seen.propose(MAIL, mail, f"Tell {customer.name} that {money} was refunded.")


def _answer(seen: Seen) -> JsonObject:
    to = seen.customer.email if seen.customer else next(iter(seen.ticket.senders), None)
    if to is None or not seen.reply:
        return _hand_over(seen, "The help centre has no answer to it, or nobody is named who could be answered.")
    subject = " ".join(f"Re: {seen.ticket.subject or 'your message'}".split())[:200]
    return seen.propose(MAIL, {"to": to, "subject": subject, "body": seen.reply}, f"Answer {to}: {seen.reading.summary}")


def _hand_over(seen: Seen, why: str = "It fits none of the paths.") -> JsonObject:
    body = f"{why}\n\n{seen.reading.summary}\n\n{seen.ticket.text[:15_000]}"
    return seen.propose(MESSAGE, {"subject": "Please look at a ticket", "body": body}, f"A person should look. {why}")


_WHAT = {REFUND: "The refund", MAIL: "The mail", MESSAGE: "The message to the team"}
_BECAME = {
    "rejected": "was rejected",
    "expired": "was not decided on in time",
    "cancelled": "was cancelled",
    "unknown": "may or may not have happened; a person has to look",
}


def _told(decision: Mapping[str, Any]) -> str:
    if decision["status"] == "succeeded":
        edited = " A reviewer had changed what was proposed." if decision["edited"] else ""
        return f"{decision['receipt'].get('summary') or 'It is done.'}{edited}"
    said = decision["notes"] or decision["reason"]
    return f"{_WHAT[decision['action']]} {_BECAME.get(decision['status'], 'failed')}{f': {said}' if said else '.'}"


def _paid(order: Order) -> str:
    return f"paid {order.paid:.2f} {order.currency} on {order.placed_on} ({order.charge})"


def langgraph_support(customers: Customers, knowledge: Knowledge, checkpointer: Checkpointer) -> Agent:
    """The agent, over what it looks into and what keeps its checkpoints."""
    desk = Desk(customers, knowledge)
    nodes: dict[str, Node] = {
        "classify": desk.classify, "route": route, "execute_tool": desk.execute_tool, "human_review": human_review,
    }  # fmt: skip
    graph = gated(State, nodes)
    graph.add_edge(START, "classify")
    graph.add_edge("classify", "route")
    graph.add_conditional_edges("route", turn, ["execute_tool", "human_review", END])
    graph.add_edge("execute_tool", "route")
    graph.add_edge("human_review", "route")
    played = GatedGraph(graph, checkpointer)

    async def workflow(run: LiveRun, input: str) -> str:
        state = await played.play(run, {"input": input}, agent.version)
        return str(state["told"])

    agent = Agent(
        name="langgraph-support",
        level=2,
        description="Reads a customer's ticket and proposes a refund or an answer. A LangGraph graph.",
        usage="the ticket's text, or a whole mail with its headers",
        actions=(REFUND, MAIL, MESSAGE),
        paths=PATHS,
        workflow=workflow,
    )
    return agent


def classify_by_rules(prompt: Prompt) -> Reading:
    """Stands in for the model where there is no ANTHROPIC_API_KEY, and says so on every card."""
    text = prompt.data
    order = re.search(r"\b[A-Z]-\d{3,8}\b", text)
    path = "refund" if re.search(r"\b(refund|money back|reimburse)", text, re.IGNORECASE) else "answer"
    if path == "answer" and "?" not in text:
        path = "hand_over"
    quote = next((line.strip() for line in text.splitlines() if "?" in line or "refund" in line.lower()), text)
    words = {"refund": "Wants money back.", "answer": "Asks a question.", "hand_over": "Wants something else."}
    return Reading(path=path, summary=words[path], quote=quote[:1000], order=order[0] if order else None)


def reply_by_rules(prompt: Prompt) -> Reply:
    """An article in place of an answer."""
    articles = json.loads(prompt.data)["articles"]
    return Reply(text=f"Hello,\n\n{articles[0]['text']}\n\nYour support team" if articles else "")


_SET = {**dotenv_values(".env"), **os.environ}
AGENTS = [
    langgraph_support(
        Customers(_SET.get("SIGNOFF_CUSTOMERS_URL") or "sqlite:///var/customers.db"),
        Knowledge(),
        in_file(Path(_SET.get("SIGNOFF_LANGGRAPH_CHECKPOINTS") or "var/langgraph.db")),
    )
]
RULES = {CLASSIFY.name: classify_by_rules, REPLY.name: reply_by_rules}
