"""Evidence: sources quoted as they stand. A model names the words; whether they are there is looked up."""

from agents.mail import Ticket
from storage.records import Evidence

QUOTED = 300  # characters of a source on the card


def quoted(text: str, claimed: str) -> str:
    """The words of `text` that somebody claims to stand in it, or its beginning if they do not."""
    words = " ".join(claimed.split())
    return (words if words and stands(text, words) else " ".join(text.split()))[:QUOTED]


def stands(text: str, claimed: str) -> bool:
    """Whether these words stand in `text`, however it is broken into lines."""
    return " ".join(claimed.split()) in " ".join(text.split())


def from_ticket(ticket: Ticket, claimed: str) -> Evidence:
    """A ticket's own words as a source."""
    sender = ticket.senders[0] if ticket.is_mail and ticket.senders else "no known sender"
    return Evidence(title=f"Ticket from {sender}" if ticket.is_mail else "Ticket", quote=quoted(ticket.text, claimed))
