"""A person hands a message of a chat to an agent: the dialog, and the run that comes of it."""

from agents.workflow import Agent, UnknownAgent
from bot.cards.ask import AskForm, ChatMessage, ask_fields, given
from bot.cards.said import TAKEN
from bot.cards.text import Text, Who, bold, code, words
from bot.flow.desk import Answer, Asked
from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.flow.trigger import Occasion, take
from storage.records import JsonObject, Person, Place

MEMBERS_ONLY = words("Only full members of this workspace can hand messages to an agent. Nothing was done.")
NO_AGENTS = words("There is no agent here that could work on this.")
NO_TEXT = words("This message has no text, and agents do not read files. Paste what matters into a message.")
NOWHERE = words(
    "Signoff is not in this conversation and has no channel of its own, so nobody would see what comes of it. "
    "Add it here first, with a mention of it."
)


async def ask_form(signoff: Signoff, message: ChatMessage, person: Person) -> AskForm | Answer:
    """The dialog about a message, or why there is none."""
    known = await signoff.surfaces[person.surface].person(person.key)
    if why := _refused(signoff, message, member=known.standing == "member"):
        return Answer(False, why)
    return AskForm(
        message=message,
        title="Ask an agent",
        intro=_intro(message),
        submit="Ask",
        fields=ask_fields({agent.name: f"{agent.name} – {agent.description}" for agent in signoff.agents.values()}),
    )


async def ask(signoff: Signoff, asked: Asked, values: JsonObject) -> Answer:
    """Have the chosen agent work on the message, in its thread; a person is looked up again, now that it counts."""
    message = asked.message
    known = await signoff.surfaces[asked.person.surface].person(asked.person.key)
    if why := _refused(signoff, message, member=known.standing == "member"):
        return Answer(False, why)
    try:
        agent = signoff.agents[str(values.get("agent") or "")]
    except UnknownAgent as error:
        return Answer(False, words(str(error)), {"agent": str(error)})
    return await _begin(signoff, agent, asked, known.person, str(values.get("note") or ""))


async def _begin(signoff: Signoff, agent: Agent, asked: Asked, person: Person, note: str) -> Answer:
    message, text = asked.message, given(asked.message, person, note)
    occasion = Occasion(agent, text, person, _home(signoff, message), asked.delivery)
    try:
        taken = await signoff.store.write(lambda tx: take(tx, signoff, occasion))
    except InputRefused as error:
        return Answer(False, words(str(error)))
    if not taken.new:
        return Answer(True, TAKEN) if taken.run_id is None else await _working(signoff, agent, asked, taken.run_id)
    where = "in the thread of the message" if message.reached else "in Signoff's own channel"
    return Answer(True, words(bold(agent.name), f" is on it. Follow it {where}."))


async def _working(signoff: Signoff, agent: Agent, asked: Asked, run_id: str) -> Answer:
    """Somebody handed the same over a moment ago: whoever it was, its run is on it."""
    run = await signoff.store.read(lambda tx: tx.run(run_id))
    own = run.requester.key == asked.person.key
    whose = words("You have") if own else words(Who(person=run.requester), " has")
    told = words(*whose, " asked ", bold(agent.name), " about this message already. ", code(run.id), " is on it. ")
    return Answer(False, (*told, *words("To ask once more, add a note that says what for.")))


def _refused(signoff: Signoff, message: ChatMessage, *, member: bool) -> Text | None:
    if _home(signoff, message) is None:
        return NOWHERE
    if not member:
        return MEMBERS_ONLY
    if not signoff.agents:
        return NO_AGENTS
    return None if message.text.strip() else NO_TEXT


def _home(signoff: Signoff, message: ChatMessage) -> Place | None:
    """Where the run is shown: with the message; where Signoff is not, in the deployment's own channel."""
    return message.place if message.reached else signoff.fallback_place


def _intro(message: ChatMessage) -> str:
    if message.reached:
        return "What the agent does will stand in the thread of this message."
    return (
        "Signoff is not in this conversation. What the agent does, with the beginning of this message, will stand in "
        "Signoff's own channel, where others may read it."
    )
