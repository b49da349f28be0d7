"""Reads a ticket: plain text, or a mail as it stands in an `.eml` file.

Mail from the world is often broken. Nothing in here raises for that and no text is lost: what had to be mended is marked
as repaired. Headers are read with the package's older policy, because the newer one parses them eagerly and fails on
some broken ones.
"""

import email
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses

from pydantic import BaseModel, ConfigDict

from agents.actions import AgentError
from agents.mail_text import Text, decoded, from_html, storable

LIMIT = 1024 * 1024  # bytes
NAMED_ATTACHMENTS = 20
_LONGEST_HEADER = 2000  # characters

_HEADER = re.compile(
    r"(From|To|Cc|Reply-To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type|"
    r"DKIM-Signature|ARC-[A-Za-z-]+|X-[A-Za-z0-9-]+):",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_LISTED, _MENDED = "X-Attachment", "X-Repaired"  # what a mail that we wrote down says of the one it was


class _AsItStands(Compat32):
    """Hands out headers as they stand in the mail, so that bytes beyond ASCII in them are not lost."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


class TicketRejected(AgentError):
    """The ticket cannot be worked on; the message says why and what to do."""


class Attachment(BaseModel):
    """A file that came with a ticket; only its name and its size in bytes are kept."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int


class Ticket(BaseModel):
    """What somebody wrote, as text.

    `senders` are the addresses it may come from: of a mail the one in From, of a plain text all it mentions (at most 5).
    `attachment_count` counts all attachments, `attachments` names the first 20.
    """

    model_config = ConfigDict(frozen=True)

    is_mail: bool
    subject: str = ""
    senders: tuple[str, ...] = ()
    sender_name: str = ""
    date: str = ""
    body: str
    attachments: tuple[Attachment, ...] = ()
    attachment_count: int = 0
    repaired: bool = False

    @property
    def text(self) -> str:
        """Subject and body: everything that was written."""
        return f"{self.subject}\n\n{self.body}".strip()


def ticket_input(data: bytes) -> str:
    """A ticket file as the text that a run takes as its input and every database can store. Raises TicketRejected.

    A file in UTF-8 stays as it is; of any other, what can be read is put down as a mail in UTF-8.
    """
    _check_size(len(data))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = _as_mail(_read(data))
    text = storable(text).value
    if not text.strip():
        raise TicketRejected("The ticket is empty: there is nothing but white space in it.")
    return text


def read_ticket(text: str) -> Ticket:
    """Parse a ticket. Raises TicketRejected when it is empty or not smaller than 1 MiB."""
    data = text.encode(errors="replace")
    _check_size(len(data))
    ticket = _read(data)
    if not ticket.text.strip() and not ticket.attachment_count:
        raise TicketRejected("The ticket is empty: there is nothing but white space in it.")
    return ticket


def looks_like_mail(data: bytes) -> bool:
    """Whether it begins like a mail: known headers, a From or Subject among them, then an empty line."""
    head, separator, _ = re.sub(rb"\r\n?", b"\n", data[:65536].lstrip()).partition(b"\n\n")
    lines = head.decode("latin-1").removeprefix("\ufeff").splitlines()
    if lines and lines[0].startswith("From "):  # an mbox file's first line
        lines = lines[1:]
    names = [match[1].lower() for match in map(_HEADER.match, lines) if match]
    return bool(separator and lines and _HEADER.match(lines[0]) and {"from", "subject"} & set(names))


def _check_size(size: int) -> None:
    if size == 0:
        raise TicketRejected("The ticket is empty (0 bytes).")
    if size >= LIMIT:
        raise TicketRejected(
            f"The ticket is too large: {size:,} bytes; it must be smaller than {LIMIT:,} bytes (1 MiB). "
            "Send the text without its attachments."
        )


def _read(data: bytes) -> Ticket:
    if looks_like_mail(data):
        try:
            return _read_mail(email.message_from_bytes(data.lstrip(), policy=_AsItStands()))
        except RecursionError:  # parts within parts within parts
            return _read_text(data, repaired=True)
    return _read_text(data)


def _read_text(data: bytes, *, repaired: bool = False) -> Ticket:
    text = decoded(data.removeprefix(b"\xef\xbb\xbf"), None)
    found = dict.fromkeys(address.rstrip(".'").lower() for address in _ADDRESS.findall(text.value[:100_000]))
    return Ticket(is_mail=False, senders=tuple(found)[:5], body=text.value.strip(), repaired=text.repaired or repaired)


def _read_mail(message: Message) -> Ticket:
    subject, sender = _header(message, "Subject"), _header(message, "From")
    name, address = _only_sender(message)
    texts, files = _contents(message)
    listed = [_listed(value) for value in message.get_all(_LISTED, [])]
    files = files + [file for file in listed if file]
    return Ticket(
        is_mail=True,
        subject=" ".join(subject.value.split()),
        senders=(address,) if address else (),
        sender_name=name,
        date=_header(message, "Date").value,
        body="\n\n".join(text.value.strip() for text in texts if text.value.strip()),
        attachments=tuple(files[:NAMED_ATTACHMENTS]),
        attachment_count=len(files),
        repaired=_MENDED in message or any(text.repaired for text in [subject, sender, *texts]),
    )


def _only_sender(message: Message) -> tuple[str, str]:
    """Name and address of From, empty where there is not exactly one: two senders are none that can be trusted.

    The address is read before encoded words are decoded, so a name cannot turn into an address.
    """
    senders = message.get_all("From", [])
    if len(senders) != 1:
        return "", ""
    addresses = [pair for pair in getaddresses([_bytes(senders[0])[:_LONGEST_HEADER].decode("latin-1")]) if "@" in pair[1]]
    if len(addresses) != 1 or not _ADDRESS.fullmatch(addresses[0][1]):
        return "", ""
    return _words(addresses[0][0].encode("latin-1")).value, addresses[0][1].lower()


def _header(message: Message, name: str) -> Text:
    return _words(_bytes(message.get(name, "")))


def _words(raw: bytes) -> Text:
    """The words of a header, encoded ones decoded; `decode_header` leaves bytes alone when they come as Latin-1."""
    raw = re.sub(rb"\r?\n", b"", raw[:_LONGEST_HEADER])
    try:
        parts = decode_header(raw.decode("latin-1"))
    except (HeaderParseError, ValueError, LookupError):
        return Text(decoded(raw, None).value, repaired=True)
    texts = [decoded(part if isinstance(part, bytes) else part.encode("latin-1"), charset) for part, charset in parts]
    return Text("".join(text.value for text in texts).strip(), any(text.repaired for text in texts))


def _bytes(raw: str) -> bytes:
    """A header as it came in; the parser keeps bytes beyond ASCII as lone surrogates."""
    return raw.encode("utf-8", "surrogateescape")


def _contents(message: Message) -> tuple[list[Text], list[Attachment]]:
    texts: list[Text] = []
    files: list[Attachment] = []
    for found in _parts(message):
        if isinstance(found, Text):
            texts.append(found)
        else:
            files.append(found)
    return texts, files


def _parts(part: Message) -> Iterator[Text | Attachment]:
    """The texts and attachments of a part, in their order."""
    payload = part.get_payload()
    if part.get_content_disposition() == "attachment" or (part.get_filename() and not isinstance(payload, list)):
        yield Attachment(name=_filename(part), size=_size(part))
    elif isinstance(payload, list):
        yield from _inside(part, [child for child in payload if isinstance(child, Message)])
    elif part.get_content_maintype() in ("text", "multipart", "message"):
        yield _text(part)
    else:
        yield Attachment(name=_filename(part), size=_size(part))


def _inside(part: Message, children: list[Message]) -> Iterator[Text | Attachment]:
    if part.get_content_type() == "multipart/alternative":
        children = _best(children)
    for child in children:
        if part.get_content_type() == "message/rfc822":
            yield Text(f"Forwarded message from {_header(child, 'From').value}: {_header(child, 'Subject').value}")
        elif part.get_content_maintype() == "message":  # a delivery report's fields are headers
            yield Text("\n".join(f"{name}: {_words(_bytes(value)).value}" for name, value in child.items()))
        yield from _parts(child)


def _best(children: list[Message]) -> list[Message]:
    """Of alternatives the first plain text that says something, else all of them."""
    plain = [child for child in children if child.get_content_type() == "text/plain" and _text(child).value.strip()]
    return plain[:1] or children


def _text(part: Message) -> Text:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else str(part.get_payload()).encode(errors="replace")
    text = decoded(data, _charset(part))
    broken = any(type(defect).__name__.startswith("InvalidBase64") for defect in part.defects)
    value = from_html(text.value) if part.get_content_type() == "text/html" else text.value
    return Text(value, text.repaired or broken)


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        return "unknown"


def _filename(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):
        name = ""
    name = " ".join(_words(_bytes(name)).value.split())
    return name[:200] or f"unnamed ({part.get_content_type()})"


def _size(part: Message) -> int:
    payload = part.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else len(str(part))


def _as_mail(ticket: Ticket) -> str:
    """What was read of a ticket, as a mail in plain UTF-8 that reads the same."""
    if not ticket.is_mail:
        return ticket.body
    sender = f"{ticket.sender_name} <{ticket.senders[0]}>".strip() if ticket.senders else ticket.sender_name
    headers = [("From", sender), ("Subject", ticket.subject), ("Date", ticket.date), ("MIME-Version", "1.0")]
    files = [(_LISTED, f"{file.size} {file.name}") for file in ticket.attachments]
    mended = [(_MENDED, "yes" if ticket.repaired else "")]
    head = "\n".join(f"{name}: {value}" for name, value in headers + files + mended if value)
    return f"{head}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{ticket.body}"


def _listed(value: str) -> Attachment | None:
    size, _, name = _words(_bytes(value)).value.partition(" ")
    return Attachment(name=name[:200], size=int(size)) if size.isdecimal() and name else None
