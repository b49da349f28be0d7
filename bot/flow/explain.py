"""`/signoff policy explain`: what the policy in force would say of an action now, and why. Nothing happens by it."""

import re

from agents.workflow import UnknownAgent
from bot.cards.explained import text_of
from bot.cards.explanation import explanation
from bot.cards.text import Text, code, words
from bot.flow.arguments import NotArguments, arguments_in, supposed
from bot.flow.circumstances import spent
from bot.flow.desk import Answer, Command
from bot.flow.signoff import Signoff
from policies.circumstances import Circumstances
from policies.problems import nearest
from policies.rules import Policy, is_glob
from storage.store import Transaction

USAGE = "policy explain ACTION NAME=VALUE …"
SHOWN = 40  # characters of what was typed that an answer repeats
NAMED = 15  # actions that an answer names

_AGENT = re.compile(r"(?:--|[—–])agent[ =]\s*(\S+)\s*")  # chats make one dash of two


async def policy(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`policy explain ACTION [--agent NAME] NAME=VALUE …`, or the arguments as a JSON object."""
    verb, _, rest = rest.partition(" ")
    if verb.lower() != "explain" or not rest.strip():
        return Answer(verb in ("", "help"), _usage(verb))
    action, rest = [*rest.split(None, 1), ""][:2]
    agent, rest = _agent(rest)
    now = signoff.policy()
    if action not in (there := _actions(signoff, now)):
        return Answer(False, _unknown(action, there))
    try:
        agent = None if agent is None else signoff.agents[agent[:SHOWN]].name
        proposal, unknown = supposed(signoff.actions, action, arguments_in(rest, signoff.actions.models.get(action)))
    except (UnknownAgent, NotArguments) as error:
        return Answer(False, words(str(error)))

    def look(tx: Transaction) -> Text:
        around = Circumstances(agent, tx.now(), signoff.environment, typed.person, spent=spent(tx, now), unknown=unknown)
        judgement = signoff.judge_of(now).weigh(proposal, around)
        return text_of(explanation(signoff.actions, proposal, around, judgement))

    return Answer(True, await signoff.store.read(look))


def _usage(verb: str) -> Text:
    what = () if verb in ("", "help", "explain") else words("There is no command ", code(f"policy {verb[:SHOWN]}"), ". ")
    example = code('/signoff policy explain send_external_email to=mia@example.com subject=Hello body="See you."')
    return (
        *what,
        *words("Type ", code(f"/signoff {USAGE}"), " to see what the policy says of an action, and why. For example:\n"),
        *words(example, "\nArguments can be a JSON object, too. ", code("--agent NAME"), " after the action says who "),
        *words("proposes it. Nothing is done."),
    )


def _agent(rest: str) -> tuple[str | None, str]:
    found = _AGENT.match(rest)
    return (found[1], rest[found.end() :]) if found else (None, rest)


def _actions(signoff: Signoff, now: Policy) -> frozenset[str]:
    """The actions that can be performed here, and those that the policy names."""
    named = (name for rule in now.rules for name in rule.actions if not is_glob(name))
    return frozenset(signoff.actions).union(now.other_actions, named)


def _unknown(action: str, there: frozenset[str]) -> Text:
    near = nearest(action, there)
    guess = words("Did you mean ", code(near), "?") if near else words("There are: ", *_listed(there))
    return (*words("There is no action ", code(action[:SHOWN]), ". "), *guess)


def _listed(there: frozenset[str]) -> Text:
    spans = [span for name in sorted(there)[:NAMED] for span in words(code(name), " ")]
    return (*spans, *words("…" if len(there) > NAMED else ""))
