"""The support agent, as a story: read the ticket, find out whom it is from, understand it, propose one thing."""

import asyncio
from dataclasses import dataclass, field

from agents.mail import Ticket, read_ticket
from agents.runtime import LiveRun, Outcome
from agents.support.case import Case, Links, order_numbers, sender, visible
from agents.support.customers import Customers, Found
from agents.support.knowledge import Article, Knowledge
from agents.support.reading import Reading, question
from agents.support.routes import Plan, route
from agents.workflow import Agent

ACTIONS = (
    "send_external_email",
    "execute_financial_action",
    "update_customer_record",
    "delete_any_data",
    "draft_internal_message",
    "legal_advice",
    "medical_recommendation",
    "hiring_decision",
)

TEAM = "draft_internal_message"  # at the end of every path: what does not fit is put before people
PATHS: dict[str, tuple[str, ...]] = {
    "reply": ("send_external_email", TEAM),
    "refund": ("execute_financial_action", TEAM),
    "record_change": ("update_customer_record", TEAM),
    "deletion": ("delete_any_data", TEAM),
    "out_of_bounds": ("legal_advice", "medical_recommendation", "hiring_decision", TEAM),
    "escalate": (TEAM,),
}


@dataclass(frozen=True)
class Sources:
    """What the agent looks things up in."""

    customers: Customers
    knowledge: Knowledge
    links: Links = field(default_factory=Links)


def support(sources: Sources) -> Agent:
    """The agent that works with `sources`."""

    async def workflow(run: LiveRun, input: str) -> str:
        case = await open_case(run, input, sources)
        run.take(case.reading.intent)
        plan = route(case)
        run.labels.update(plan.labels)
        outcome = await run.propose(
            plan.action,
            plan.arguments.model_dump(mode="json"),
            summary=plan.summary,
            evidence=plan.evidence,
            risk=plan.risk,
        )
        return conclusion(plan, outcome)

    return Agent(
        name="support",
        level=2,
        description="Reads a customer's ticket and proposes an answer, a refund, a change or a deletion.",
        usage="the ticket's text, or a whole mail with its headers",
        actions=ACTIONS,
        workflow=workflow,
        paths=PATHS,
    )


async def open_case(run: LiveRun, input: str, sources: Sources) -> Case:
    """Everything there is to know about a ticket, each look-up a recorded step."""
    ticket = await run.tool_call(
        "read_ticket", {"characters": len(input)}, lambda: asyncio.to_thread(read_ticket, input), Ticket
    )
    numbers = order_numbers(ticket)
    found = await run.retrieval(
        "customer",
        ", ".join([*ticket.senders, *numbers]) or "nobody is named",
        lambda: sources.customers.find(ticket.senders, numbers),
        Found,
        lambda found: [*(person.id for person in found.customers), *(order.id for order in found.orders)],
    )
    articles = await run.retrieval(
        "help_centre",
        ticket.text[:500],
        lambda: sources.knowledge.search(ticket.text),
        tuple[Article, ...],
        lambda articles: [article.slug for article in articles],
    )
    customer = sender(ticket, found)
    orders = visible(customer, found.orders)
    reading = await run.llm_call(
        "read_ticket",
        question(ticket, customer, orders, articles),
        Reading,
        lambda reading: f"{reading.intent}: {reading.summary}",
    )
    return Case(ticket, customer, orders, articles, reading, sources.links)


def conclusion(plan: Plan, outcome: Outcome) -> str:
    """One sentence or two on what became of the proposal."""
    what = plan.doing[0].upper() + plan.doing[1:]
    why = f": {outcome.reason.rstrip('.')}" if outcome.reason else ""
    said = f" They wrote: {outcome.notes}" if outcome.notes else ""
    match outcome.status:
        case "succeeded":
            receipt = str(outcome.receipt.get("summary") or f"{what} is done.")
            return receipt + (f" A reviewer had changed what was proposed ({plan.doing})." if outcome.edited else "")
        case "rejected":
            return f"{what} was rejected, and nothing else was proposed.{said}"
        case "expired":
            return f"{what} was not decided on in time, so nothing was done. Ask again if it is still wanted."
        case "cancelled":
            return f"{what} was cancelled before anybody decided; nothing was done."
        case "unknown":
            return f"{what} may or may not have happened{why}. A person has to look before it is tried again."
    return f"{what} failed{why}. Nothing was done."
