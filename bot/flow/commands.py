"""The slash command, in the same words on every surface: run, list, show, cancel, delegate, policy, help."""

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agents.workflow import UnknownAgent
from bot.cards import listing
from bot.cards.said import TAKEN
from bot.cards.text import Page, Text, bold, code, words
from bot.flow import explain
from bot.flow.close import cancel, expire
from bot.flow.delegate import delegate
from bot.flow.desk import Answer, Command
from bot.flow.execute import execution_of
from bot.flow.run import InputRefused, start
from bot.flow.signoff import Signoff
from storage.records import Person, Request, RequestStatus
from storage.store import Transaction

LISTED = 10  # requests that `list` shows


@dataclass(frozen=True)
class Verb:
    """One word of the command: how to type it, what it does, and the function that does it."""

    usage: str
    does: str
    act: Callable[[Signoff, Command, str], Awaitable[Answer]]


async def command(signoff: Signoff, typed: Command) -> Answer:
    """Carry out `/signoff <line>`. An agent's name where a command is expected runs that agent."""
    word, rest = _first_word(typed.line)
    if word in signoff.agents and word.lower() not in VERBS:
        word, rest = "run", typed.line
    if not word:
        return Answer(True, help_text(signoff))
    verb = VERBS.get(word.lower())
    if verb is None:
        return Answer(False, _unknown(signoff, word))
    if verb.act is show_help:
        return await show_help(signoff, typed, rest)
    known = await signoff.surfaces[typed.person.surface].person(typed.person.key)
    if known.standing != "member":  # what is shown may be about customers, and what is asked costs colleagues time
        return Answer(False, words("Only full members of this workspace can use this command. Nothing was done."))
    return await verb.act(signoff, replace(typed, person=known.person, zone=known.zone), rest)


async def run(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`run AGENT TEXT`."""
    name, text = _first_word(rest)
    if not name:
        return Answer(False, words("Which agent? ", *_agents(signoff)))
    try:
        agent = signoff.agents[name]
    except UnknownAgent:
        return Answer(False, words("There is no agent ", code(name[:40]), ". ", *_agents(signoff)))
    if not text:
        return Answer(False, words("What should it work on? Type ", code(f"/signoff run {agent.name} {agent.usage}"), "."))
    try:
        started = await signoff.store.write(
            lambda tx: start(tx, signoff, agent, text, typed.person, typed.place, typed.delivery)
        )
    except InputRefused as error:
        return Answer(False, words(str(error)))
    if started is None:
        return Answer(True, TAKEN)
    where = "in the thread of your message" if typed.place.thread else "in the thread that opens here"
    return Answer(True, words(bold(agent.name), f" is on it. Follow it {where}."))


async def list_open(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`list`: what waits for people."""

    def look(tx: Transaction) -> list[Request]:
        pending = tx.requests(status=RequestStatus.pending, limit=LISTED)
        return [request for request in pending if request.expires_at > tx.now()]

    return Answer(True, listing.open_requests(signoff.actions, await signoff.store.read(look)))


async def show(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`show ID`: one request, whole."""
    found = await _one(signoff, rest, "show")
    if isinstance(found, Answer):
        return found

    def look(tx: Transaction) -> Text:
        revisions, decisions = tx.revisions(found.id), tx.decisions(found.id)
        execution = execution_of(tx, found)
        told = listing.one_request(signoff.actions, found, revisions, decisions, execution)
        return (*told, *_pages(signoff, found, typed.person, tx.now()))

    return Answer(True, await signoff.store.read(look))


def _pages(signoff: Signoff, request: Request, person: Person, now: datetime) -> Text:
    """Where this person can see all of it, if pages can be reached. Only they see the answer: the links let them in."""
    if signoff.page_link is None:
        return ()
    opened = Page(text="Open the request", url=signoff.page_link(request.id, person, now))
    run = Page(text="its run", url=signoff.page_link(request.run_id, person, now))
    return words("\n", opened, " or ", run, ". These links are yours alone, for ten minutes.")


async def take_back(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`cancel ID`: the requester takes a pending request back."""
    found = await _one(signoff, rest, "cancel")
    if isinstance(found, Answer):
        return found
    if found.requester.key != typed.person.key:
        why = "Only the person who asked can cancel this. If you review it, reject it on its card."
        return Answer(False, words(why))

    def work(tx: Transaction) -> Answer:
        if not tx.first_delivery(typed.delivery):
            return Answer(True, TAKEN)
        if expire(tx, signoff, found.id) is not None:
            return Answer(False, words("It has just expired; nothing was done."))
        if cancel(tx, signoff, found.id, typed.person) is None:
            return Answer(False, words(f"It is {tx.request(found.id).status} already and cannot be cancelled."))
        return Answer(True, words("Cancelled. Nothing was done."))

    return await signoff.store.write(work)


async def show_help(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`help`."""
    return Answer(True, help_text(signoff))


def help_text(signoff: Signoff) -> Text:
    """What can be typed, and the agents there are."""
    spans = [bold("Signoff"), words(" puts a human signature between AI agents and the world.\n")[0]]
    for verb in VERBS.values():
        spans += [code(f"/signoff {verb.usage}"), *words(f"  {verb.does}\n")]
    spans += [bold("Agents"), *words("\n")]
    for agent in signoff.agents.values():
        spans += [code(agent.name), *words(f"  {agent.description}\n")]
    spans += words("Mention Signoff to type the same in a thread; Ask an agent, on any message, hands that one over.")
    return tuple(spans)


async def _one(signoff: Signoff, rest: str, verb: str) -> Request | Answer:
    """The request that an id, or the beginning of one, names."""
    typed = rest.strip().strip("`").lower()
    if not typed:
        return Answer(
            False, words("Which request? Type ", code(f"/signoff {verb} ID"), "; ", code("/signoff list"), " has the ids.")
        )
    prefix = typed if typed.startswith("req_") else f"req_{typed}"
    found = await signoff.store.read(lambda tx: tx.find_requests(prefix))
    if len(found) == 1:
        return found[0]
    problem = "More than one request begins with " if found else "There is no request "
    return Answer(False, words(problem, code(typed[:40]), ". ", code("/signoff list"), " has the ids."))


def _first_word(text: str) -> tuple[str, str]:
    # Cut at any white space: a ticket may begin on the line after the agent's name.
    parts = text.split(None, 1)
    return (parts[0] if parts else "", parts[1].strip() if len(parts) > 1 else "")


def _agents(signoff: Signoff) -> Text:
    return words("There are: ", *(span for name in signoff.agents for span in words(code(name), " ")))


def _unknown(signoff: Signoff, word: str) -> Text:
    near = difflib.get_close_matches(word.lower(), VERBS, n=1)
    guess = words("Did you mean ", code(f"/signoff {near[0]}"), "? ") if near else ()
    return (*words("There is no command ", code(word[:40]), ". "), *guess, *words("There are: "), *_verbs())


def _verbs() -> Text:
    return tuple(span for name in VERBS for span in words(code(name), " "))


VERBS: Mapping[str, Verb] = {
    "run": Verb("run AGENT TEXT", "have an agent work on something", run),
    "list": Verb("list", "what waits for a decision", list_open),
    "show": Verb("show ID", "one request, whole", show),
    "cancel": Verb("cancel ID", "take back what you asked for", take_back),
    "delegate": Verb("delegate @NAME until DAY", "have somebody decide in your place; without a name: who does", delegate),
    "policy": Verb(explain.USAGE, "what the policy says of an action, and why", explain.policy),
    "help": Verb("help", "what can be typed, and the agents there are", show_help),
}
