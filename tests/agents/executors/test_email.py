"""Sending e-mail through a real SMTP server: sent once, refused in words, unknown when the answer is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.actions import ActionFailed, BadArguments, Effect, EffectUnknown
from agents.executors.email import SmtpServer, send_external_email
from bot.sandbox.mailbox import Mailbox
from storage.records import JsonObject

EFFECT = Effect("exe_1", "run_1", "req_1")
LETTER: JsonObject = {"to": "mia@example.com", "subject": "Re: Your lamp – حسنًا", "body": "Hello\n.\nBye"}


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(tmp_path / "mailbox")
    await mailbox.start()
    yield mailbox
    await mailbox.stop()


def server(mailbox: Mailbox) -> SmtpServer:
    return SmtpServer(mailbox.host, mailbox.port, "Lamps <support@lamps.example>", tls="none", timeout=2)


async def send(to: SmtpServer, letter: JsonObject = LETTER, effect: Effect = EFFECT) -> JsonObject:
    action = send_external_email(to)
    return await action.execute(action.parse(letter), effect)


async def test_a_mail_arrives_as_it_was_approved(mailbox: Mailbox) -> None:
    receipt = await send(server(mailbox))

    (mail,) = mailbox.received()
    assert (mail.recipient, mail.subject, mail.body) == (LETTER["to"], LETTER["subject"], LETTER["body"])
    assert mail.sender == "Lamps <support@lamps.example>"
    assert receipt["summary"] == "E-mail sent to mia@example.com."
    assert receipt["message_id"] == mail.message_id


async def test_the_message_id_comes_from_the_idempotency_key(mailbox: Mailbox) -> None:
    await send(server(mailbox))
    await send(server(mailbox))
    await send(server(mailbox), effect=replace(EFFECT, idempotency_key="exe_2"))

    first, again, other = (mail.message_id for mail in mailbox.received())
    assert first == again != other
    assert first.endswith("@lamps.example>")


async def test_a_refused_mail_failed_with_the_servers_reason(mailbox: Mailbox) -> None:
    mailbox.refuse_next()

    with pytest.raises(ActionFailed, match=r"refused the message: 550 5.7.1 The mailbox does not want this message"):
        await send(server(mailbox))
    assert not mailbox.received()


class PickyMailbox(Mailbox):
    """Knows nobody."""

    async def handle_RCPT(self, *_: object) -> str:  # noqa: N802  # aiosmtpd's name
        return "551 5.1.1 Nobody of that name"


async def test_a_refused_recipient_failed(tmp_path: Path) -> None:
    picky = PickyMailbox(tmp_path)
    await picky.start()
    with pytest.raises(ActionFailed, match=r"refused: 551 5\.1\.1 Nobody of that name"):
        await send(server(picky))
    await picky.stop()


async def test_a_server_that_is_down_failed(unused_tcp_port: int) -> None:
    with pytest.raises(ActionFailed, match="could not be reached"):
        await send(SmtpServer("127.0.0.1", unused_tcp_port, "a@b.example", tls="none", timeout=2))


async def test_a_server_without_the_encryption_that_was_asked_for_gets_nothing(mailbox: Mailbox) -> None:
    with pytest.raises(ActionFailed, match="could not be reached"):
        await send(replace(server(mailbox), tls="starttls"))
    assert not mailbox.received()


async def test_a_connection_lost_after_sending_is_unknown(mailbox: Mailbox) -> None:
    mailbox.drop_next()

    with pytest.raises(EffectUnknown, match="lost after the message had been sent"):
        await send(server(mailbox))
    assert len(mailbox.received()) == 1


async def test_no_answer_after_sending_is_unknown(mailbox: Mailbox) -> None:
    mailbox.hang_next()

    with pytest.raises(EffectUnknown):
        await send(replace(server(mailbox), timeout=0.3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "mia@example.com\nBcc: all@example.com"),
        ("to", "mia@example.com, omar@example.com"),
        ("to", "Mia"),
        ("subject", "Hi\r\nBcc: all@example.com"),
        ("subject", "Hi\u2028Bcc: all@example.com"),
        ("subject", ""),
        ("subject", " "),
        ("subject", "x" * 201),
        ("body", ""),
        ("body", "a\0b"),
        ("body", "x" * 20_001),
    ],
)
def test_headers_cannot_be_injected_and_limits_hold(field: str, value: str) -> None:
    with pytest.raises(BadArguments) as refused:
        send_external_email(SmtpServer("", 1, "a@b.example")).parse({**LETTER, field: value})
    assert field in refused.value.errors


def test_the_password_is_not_shown() -> None:
    assert "hush" not in repr(SmtpServer("h", 1, "a@b.example", "user", "hush"))
