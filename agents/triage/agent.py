"""The triage agent: classify, extract, summarise, note. Every ticket takes the same steps."""

import asyncio
from dataclasses import dataclass, field

from agents.mail import Ticket, read_ticket
from agents.runtime import LiveRun, Outcome
from agents.support.case import Links, order_numbers, sender, visible
from agents.support.customers import Customers, Found
from agents.triage import reading
from agents.triage.note import NO_RECORD, Triaged, triaged
from agents.triage.reading import Classification, Extraction, Summary
from agents.triage.tickets import Tickets
from agents.workflow import Agent

ACTION = "update_internal_record"


@dataclass(frozen=True)
class Sources:
    """What the agent looks things up in."""

    customers: Customers
    tickets: Tickets = field(default_factory=Tickets)
    links: Links = field(default_factory=Links)


def triage(sources: Sources) -> Agent:
    """The agent that works with `sources`."""

    async def workflow(run: LiveRun, input: str) -> str:
        done = await work_through(run, input, sources)
        if done.customer is None:
            return f"{done.line}: {done.summary} {NO_RECORD}"
        run.labels.update(done.labels)
        outcome = await run.propose(
            ACTION,
            done.note(done.customer).model_dump(mode="json"),
            summary=f"Note on {done.customer.name}'s record: {done.line}. {done.summary}",
            evidence=done.evidence,
            risk=done.risk,
        )
        return f"{done.line}: {done.summary} {conclusion(outcome)}"

    return Agent(
        name="triage",
        level=1,
        description="Sorts a ticket: category, priority, product, language and a summary, noted on the customer's record.",
        usage="a ticket's number such as INC-42, its text, or a whole mail with its headers",
        actions=(ACTION,),
        workflow=workflow,
        steps=("read_ticket", "customer", "classify", "extract", "summarise"),
    )


async def work_through(run: LiveRun, input: str, sources: Sources) -> Triaged:
    """The fixed pipeline, each step recorded."""
    ticket = await run.tool_call("read_ticket", {"characters": len(input)}, lambda: _ticket(input, sources.tickets), Ticket)
    numbers = order_numbers(ticket)
    found = await run.retrieval(
        "customer",
        ", ".join([*ticket.senders, *numbers]) or "nobody is named",
        lambda: sources.customers.find(ticket.senders, numbers),
        Found,
        lambda found: [*(person.id for person in found.customers), *(order.id for order in found.orders)],
    )
    customer = sender(ticket, found)
    orders = visible(customer, found.orders)
    pile = await run.llm_call(
        "classify", reading.classify(ticket), Classification, lambda said: f"{said.category}, {said.priority}"
    )
    about = await run.llm_call("extract", reading.extract(ticket, pile, orders), Extraction, lambda said: said.wish)
    told = await run.llm_call("summarise", reading.summarise(ticket, pile, about), Summary, lambda said: said.summary)
    return triaged(ticket, customer, orders, sources.links, pile, about, told)


async def _ticket(input: str, tickets: Tickets) -> Ticket:
    text = await tickets.read(input)
    return await asyncio.to_thread(read_ticket, text)


def conclusion(outcome: Outcome) -> str:
    """What became of the note, in a sentence."""
    said = f" They wrote: {outcome.notes}" if outcome.notes else ""
    match outcome.status:
        case "succeeded":
            receipt = str(outcome.receipt.get("summary") or "It is noted.")
            return receipt + (" A reviewer had changed the note." if outcome.edited else "")
        case "rejected":
            return f"The note was rejected.{said}"
        case "expired":
            return "Nobody decided on the note in time, so it was not written."
        case "cancelled":
            return "The note was cancelled before anybody decided."
        case "unknown":
            return f"Whether the note was written is not known: {outcome.reason} A person has to look."
    return f"The note could not be written: {outcome.reason}".rstrip(": ")
