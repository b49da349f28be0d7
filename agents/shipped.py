"""What ships with Signoff: the actions over the systems they work on, the agents, and the rules for use without a key."""

from dataclasses import dataclass, field

from agents.actions import Actions
from agents.executors.blocked import hiring_decision, legal_advice, medical_recommendation
from agents.executors.email import SmtpServer, send_external_email
from agents.executors.records import (
    delete_any_data,
    draft_internal_message,
    update_customer_record,
    update_internal_record,
)
from agents.executors.refund import Billing, execute_financial_action
from agents.offline import Rules
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


@dataclass(frozen=True)
class Systems:
    """The systems that the shipped actions and agents work on."""

    smtp: SmtpServer
    billing: Billing
    customers: Customers
    knowledge: Knowledge
    links: Links = field(default_factory=Links)
    tickets: Tickets = field(default_factory=Tickets)

    def close(self) -> None:
        """Release connections."""
        self.customers.close()
        self.knowledge.close()


def actions(systems: Systems) -> Actions:
    """All shipped actions."""
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
        ]
    )


def agents(systems: Systems) -> Agents:
    """All shipped agents."""
    return Agents(
        [
            triage.triage(triage.Sources(systems.customers, systems.tickets, systems.links)),
            support(Sources(systems.customers, systems.knowledge, systems.links)),
        ]
    )


def rules() -> Rules:
    """The offline model's rules for all shipped prompts."""
    return {**triage_rules(), **offline_rules(), **second_look_rules()}
