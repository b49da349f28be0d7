"""The demo's mail server: a real SMTP server on localhost that keeps what it receives as `.eml` files."""

import asyncio
import email
import re
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

Trouble = Literal["refuse", "drop", "hang"]


@dataclass(frozen=True)
class Received:
    """One mail as the server got it."""

    sender: str
    recipient: str
    subject: str
    body: str
    message_id: str


class Mailbox:
    """Listens on 127.0.0.1 at a free port. Files in `folder` are the mails, in the order in which they came."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._troubles: deque[Trouble] = deque()
        self._server: asyncio.Server | None = None
        self._hanging = asyncio.Event()

    @property
    def port(self) -> int:
        """The port it listens on while it runs."""
        assert self._server  # noqa: S101  # asked only while it runs
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen."""
        self._folder.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", ident="Signoff demo mailbox", enable_SMTPUTF8=True, loop=loop),
            self.host,
            0,
        )

    async def stop(self) -> None:
        """Stop listening; mails stay."""
        self._hanging.set()
        if self._server:
            self._server.close()

    def refuse_next(self) -> None:
        """The next mail is refused with 550."""
        self._troubles.append("refuse")

    def drop_next(self) -> None:
        """The next mail is accepted and kept, but the connection breaks before the sender hears of it."""
        self._troubles.append("drop")

    def hang_next(self) -> None:
        """The next mail is kept, and the sender waits for an answer that does not come."""
        self._troubles.append("hang")

    def received(self) -> list[Received]:
        """All mails, oldest first."""
        return [_read(path) for path in sorted(self._folder.glob("*.eml"))]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Called by aiosmtpd with a whole mail."""
        trouble = self._troubles.popleft() if self._troubles else None
        if trouble == "refuse":
            return "550 5.7.1 The mailbox does not want this message"
        self._keep(envelope)
        if trouble == "drop" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        if trouble == "hang":
            await self._hanging.wait()
        return "250 2.0.0 Kept"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        number = len(list(self._folder.glob("*.eml"))) + 1
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        (self._folder / f"{number:05}.eml").write_bytes(head.encode() + content)


def _read(path: Path) -> Received:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # policy.default makes these
    body = message.get_body(("plain",))
    return Received(
        sender=str(message["From"]),
        recipient=str(message["X-Envelope-To"]),
        subject=re.sub(r"\s+", " ", str(message["Subject"])),
        body=str(body.get_content()).replace("\r\n", "\n").rstrip("\n") if body else "",
        message_id=str(message["Message-ID"]),
    )
