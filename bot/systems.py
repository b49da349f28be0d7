"""The company's systems, as the settings name them. Apart from the composition root, because looking at what actions there
are needs no chat and no database."""

from agents import shipped
from agents.executors.email import SmtpServer
from agents.executors.refund import Billing
from agents.shipped import Systems
from agents.support.case import Links
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.triage.tickets import Tickets
from bot.mcp_servers import environment
from bot.settings import Settings


def systems_of(settings: Settings) -> Systems:
    """The company's systems that the shipped actions work on, its MCP servers and its own agents, as the settings
    name them. Raises NoArticles, TicketRejected, BadServers, BadOwnAgent."""
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    smtp = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_user,
        password,
        "starttls" if settings.smtp_starttls else "none",
    )
    billing = Billing(settings.billing_url, settings.billing_key.get_secret_value() if settings.billing_key else "")
    systems = Systems(
        smtp,
        billing,
        Customers(settings.customers_url),
        Knowledge(settings.help_centre, settings.help_centre_url) if settings.help_centre else Knowledge(),
        Links(settings.order_url),
        Tickets(settings.tickets) if settings.tickets else Tickets(),
        Knowledge(settings.library, settings.library_url) if settings.library else shipped.library(),
    )
    systems = shipped.with_servers(systems, settings.mcp, environment())
    return shipped.with_own(systems, settings.agents)
