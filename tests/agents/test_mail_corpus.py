"""The mails of CPython's own test suite, which nobody wrote for us: read without a crash and without losing text.

Some Pythons come without their tests; then there is nothing to read, and this is skipped.
"""

import email
import email.policy
import importlib.util
import re
from email.message import Message
from pathlib import Path

import pytest

from agents.mail import Ticket, TicketRejected, read_ticket, ticket_input


def corpus() -> list[Path]:
    try:
        found = importlib.util.find_spec("test.test_email")
    except ModuleNotFoundError:
        return []
    return sorted((Path(found.origin).parent / "data").glob("*.txt")) if found and found.origin else []


FILES = corpus()
pytestmark = pytest.mark.skipif(not FILES, reason="this Python comes without test.test_email's data")

_WORD = re.compile(r"[^\W\d_]{4,}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_mail_of_pythons_own_is_read_without_losing_text(path: Path) -> None:
    data = path.read_bytes()
    ticket = read(data)

    assert ticket is not None
    everything = " ".join([ticket.text, ticket.sender_name, *ticket.senders, *(file.name for file in ticket.attachments)])
    missing = words_of(data) - set(_WORD.findall(everything))
    assert not missing
    assert ticket.text.encode()  # every database can store it
    assert "\x00" not in ticket.text


def test_there_is_a_corpus_worth_the_name() -> None:
    assert len(FILES) > 30


def read(data: bytes) -> Ticket | None:
    try:
        return read_ticket(ticket_input(data))
    except TicketRejected:
        return None


def words_of(data: bytes) -> set[str]:
    """The words of all plain texts in a mail as the standard library sees it, and of its subject."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    texts = [_plain(part) for part in _shown(message)]
    return {word for text in texts for word in _WORD.findall(text)}


def _shown(message: Message) -> list[Message]:
    parts = [part for part in message.walk() if not part.is_multipart()]
    return [part for part in parts if part.get_content_type() == "text/plain" and not part.get_filename()
            and part.get_content_disposition() != "attachment"]  # fmt: skip


def _plain(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("ascii", "ignore") if isinstance(payload, bytes) else ""
