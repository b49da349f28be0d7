"""Sends an e-mail over SMTP, once.

A refusal at any command means that nothing was sent. Once the content is on its way, only the server's answer tells; if
that is lost, nobody knows, and the error says so.
"""

import hashlib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Literal

import aiosmtplib
from pydantic import EmailStr, Field, field_validator

from agents.actions import Action, ActionFailed, Arguments, Effect, EffectUnknown
from storage.records import JsonObject


@dataclass(frozen=True)
class SmtpServer:
    """Where mails are handed in, and the address they come from. `timeout` is in seconds, for each exchange."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    timeout: float = 10.0


class SendExternalEmail(Arguments):
    """An e-mail to one person."""

    to: EmailStr = Field(title="To", description="The one address that receives it")
    subject: str = Field(title="Subject", min_length=1, max_length=200)
    body: str = Field(
        title="Text", description="Plain text", min_length=1, max_length=20_000, json_schema_extra={"multiline": True}
    )

    @field_validator("subject")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.strip():
            raise ValueError("must be one line of printable text")
        return value

    @field_validator("body")
    @classmethod
    def _some_text(cls, value: str) -> str:
        if not value.strip() or "\0" in value:
            raise ValueError("must be text, without NUL characters")
        return value


def send_external_email(server: SmtpServer) -> Action[SendExternalEmail]:
    """The action that sends mail through `server`."""

    async def execute(arguments: SendExternalEmail, effect: Effect) -> JsonObject:
        message = _message(arguments, server.sender, effect.idempotency_key)
        answer = await _send(server, message)
        return {
            "summary": f"E-mail sent to {arguments.to}.",
            "message_id": str(message["Message-ID"]),
            "server_said": answer[:200],
        }

    return Action(
        name="send_external_email",
        title="Send an e-mail",
        description="Sends an e-mail to somebody outside. It cannot be taken back.",
        arguments=SendExternalEmail,
        target=lambda arguments: arguments.to,
        execute=execute,
    )


def _message(arguments: SendExternalEmail, sender: str, key: str) -> EmailMessage:
    ascii_only = (arguments.to + sender).isascii()
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["From"], message["To"], message["Subject"] = sender, arguments.to, arguments.subject
    # The same effect always has the same Message-ID, so a person can find out whether it arrived.
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2].rstrip('>')}>"
    message.set_content(arguments.body)
    return message


async def _send(server: SmtpServer, message: EmailMessage) -> str:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        username=server.username,
        password=server.password,
        local_hostname="localhost",  # else looked up with a blocking call
    )
    try:
        await _introduce(client, message)
        return await _hand_over(client, bytes(message))
    finally:
        client.close()


async def _introduce(client: aiosmtplib.SMTP, message: EmailMessage) -> None:
    """Everything up to the content. Whatever fails here, nothing was sent."""
    to, sender = str(message["To"]), message["From"].addresses[0].addr_spec
    utf8 = not (to + sender).isascii()
    encoding, options = ("utf-8", ["SMTPUTF8"]) if utf8 else ("ascii", [])
    try:
        await client.connect()
        if utf8 and not client.supports_extension("smtputf8"):
            raise ActionFailed("The mail server cannot deliver to addresses with letters beyond ASCII.")
        await client.mail(sender, options=options, encoding=encoding)
        await client.rcpt(to, encoding=encoding)
    except aiosmtplib.SMTPResponseException as error:
        raise ActionFailed(f"The mail server refused: {error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ActionFailed(f"The mail server could not be reached: {error or 'no answer in time'}") from error


async def _hand_over(client: aiosmtplib.SMTP, content: bytes) -> str:
    try:
        return (await client.data(content)).message
    except aiosmtplib.SMTPResponseException as error:
        raise ActionFailed(f"The mail server refused the message: {error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise EffectUnknown(
            "The connection to the mail server was lost after the message had been sent. "
            "Look in the mailbox or the server's log before sending it again."
        ) from error
