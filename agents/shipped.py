"""What ships with Signoff: the actions over the systems they work on, the agents, and the rules for use without a key.

A company's own come beside them, see `agents/own.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.actions import Actions
from agents.checkpoint import continue_work
from agents.executors.blocked import hiring_decision, legal_advice, medical_recommendation
from agents.executors.email import SmtpServer, send_external_email
from agents.executors.records import (
    delete_any_data,
    draft_internal_message,
    update_customer_record,
    update_internal_record,
)
from agents.executors.refund import Billing, execute_financial_action
from agents.mcp_servers.hub import McpServers
from agents.mcp_servers.servers import BadServers
from agents.offline import Rules
from agents.own import BadOwnAgent, Own, load
from agents.research import agent as research
from agents.research.rules import research_rules
from agents.second_look.ask import second_look_rules
from agents.support.agent import Sources, support
from agents.support.case import Links
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.support.rules import offline_rules
from agents.triage import agent as triage
from agents.triage.rules import triage_rules
from agents.triage.tickets import Tickets
from agents.workflow import Agents

LIBRARY = Path(__file__).parent / "research" / "library"
HANDBOOK = "https://lamps.example/handbook"  # where the lamp shop of the demo has these documents


def library() -> Knowledge:
    """The documents that ship, for `research`."""
    return Knowledge(LIBRARY, HANDBOOK)


@dataclass(frozen=True)
class Systems:
    """The systems that the shipped actions and agents work on, the company's own actions and agents, and its MCP servers."""

    smtp: SmtpServer
    billing: Billing
    customers: Customers
    knowledge: Knowledge
    links: Links = field(default_factory=Links)
    tickets: Tickets = field(default_factory=Tickets)
    library: Knowledge = field(default_factory=library)
    own: Own = field(default_factory=Own)
    servers: McpServers = field(default_factory=McpServers)

    def close(self) -> None:
        """Release connections."""
        self.customers.close()
        self.knowledge.close()
        self.library.close()


def with_servers(systems: Systems, path: Path | None, environment: Mapping[str, str]) -> Systems:
    """The systems with the MCP servers that the file SIGNOFF_MCP names; before `with_own`. Raises BadServers."""
    bare = replace(systems, servers=McpServers())
    ours, servers = actions(bare), McpServers.read(path, environment)
    for action in servers.actions:
        if path is not None and action.name in ours:
            raise BadServers(path, f"its tool {action.title} would be called {action.name!r}, as an action that ships is.")
    return replace(bare, servers=servers)


def with_own(systems: Systems, places: Iterable[Path]) -> Systems:
    """The systems with the agents and actions in the files and folders of SIGNOFF_AGENTS. Raises BadOwnAgent."""
    bare = replace(systems, own=Own())
    ours = actions(bare)
    own = load(places, taken={*ours, *agents(bare)}, prompts=rules())
    for agent in own.agents:
        for action in agent.actions:
            if action not in ours and action not in own.files:
                add = "Add it to ACTIONS, or pin it if it is a tool of an MCP server."
                why = f"agent {agent.name!r} declares the action {action!r}, which there is not. {add}"
                raise BadOwnAgent(own.files[agent.name], why)
    return replace(bare, own=own)


def actions(systems: Systems) -> Actions:
    """All actions, shipped and own."""
    return Actions(
        [
            send_external_email(systems.smtp),
            execute_financial_action(systems.billing),
            update_customer_record(systems.customers),
            delete_any_data(systems.customers),
            update_internal_record(systems.customers),
            draft_internal_message(systems.customers),
            legal_advice(),
            medical_recommendation(),
            hiring_decision(),
            continue_work(),
            *systems.own.actions,
            *systems.servers.actions,
        ]
    )


def agents(systems: Systems) -> Agents:
    """All agents, shipped and own."""
    return Agents(
        [
            triage.triage(triage.Sources(systems.customers, systems.tickets, systems.links)),
            support(Sources(systems.customers, systems.knowledge, systems.links)),
            research.research(research.Sources(systems.library)),
            *systems.own.agents,
        ]
    )


def rules(own: Own | None = None) -> Rules:
    """The offline model's rules for all prompts, shipped and own."""
    return {**(own.rules if own else {}), **triage_rules(), **offline_rules(), **research_rules(), **second_look_rules()}
