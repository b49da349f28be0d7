"""Bad input gets a clear result: a sentence or an exit code, never a trace."""

import json
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.demo import CHANNEL, DAN, TESS, Demo
from policies.file import SHIPPED
from tests.e2e.company import ARABIC, BROKEN_LAMP, Eyes, Premises, ask, asked_for, everything, staffed, text_of
from tests.e2e.process import invoked, signoff

VERBS = ("run", "list", "show", "cancel", "help")
NOBODY = "req_000000000000"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("", ("/signoff run AGENT TEXT", *VERBS, "support"), id="nothing"),
        pytest.param("rnu support hello", ("There is no command rnu.", "Did you mean /signoff run?", *VERBS), id="a typo"),
        pytest.param("<!channel> & *x*", ("There is no command", *VERBS), id="markup"),
        pytest.param("run", ("Which agent?", "support"), id="no agent"),
        pytest.param("run suport help me", ("There is no agent suport.", "support"), id="an unknown agent"),
        pytest.param("run support", ("What should it work on?", "/signoff run support"), id="no ticket"),
        pytest.param("run support   \n\n ", ("What should it work on?",), id="a blank ticket"),
        pytest.param("show", ("Which request?", "/signoff list"), id="no id"),
        pytest.param(f"show {NOBODY}", (f"There is no request {NOBODY}.", "/signoff list"), id="an unknown id"),
        pytest.param("cancel %", ("There is no request", "/signoff list"), id="a wildcard"),
    ],
)
async def test_a_command_that_cannot_be_is_answered_with_what_exists(
    company: Demo, typed: str, said: tuple[str, ...]
) -> None:
    answer = await company.sandbox.say(DAN.id, CHANNEL, f"/signoff {typed}")
    assert answer is not None
    assert answer.acked
    [whisper] = company.sandbox.ephemerals(DAN.id)
    assert all(words in text_of(whisper) for words in said), text_of(whisper)
    assert everything(company.sandbox) == [], "nobody else is bothered"
    assert await Eyes(company).store.read(lambda tx: tx.runs()) == []


@pytest.mark.parametrize(
    ("size", "said"),
    [
        pytest.param(1024 * 1024 + 1, "at most 1,048,576 can be taken. Shorten it or send a part.", id="refused at once"),
        pytest.param(1024 * 1024, "The ticket is too large", id="the run ends"),
        pytest.param(1024 * 1024 - 1, "Please look at a ticket", id="a message to the team"),
    ],
)
async def test_a_ticket_of_a_mebibyte_in_the_channel_has_a_clear_result(company: Demo, size: int, said: str) -> None:
    eyes = Eyes(company)
    await ask(company, "x" * size)
    if size > 1024 * 1024:
        assert said in text_of(company.sandbox.ephemerals(TESS.id)[-1])
        return
    run = await eyes.ended_run()
    assert said in f"{run.error} {company.world.panels()[-1]['rows']}"
    await eyes.said("support is done" if run.success else "support could not finish")
    assert len(json.dumps([list(each.blocks) for each in everything(company.sandbox)])) < 50_000


def _mail(files: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Mia Keller <mia@example.com>", "support@lamps.example", "Order A-1042"
    mail.set_content("My lamp arrived broken. I paid $480 and would like a refund.")
    for number in range(files):
        mail.add_attachment(b"\x89PNG" * 100, maintype="image", subtype="png", filename=f"photo-{number}.png")
    return mail.as_bytes()


BROKEN = (
    b"From: Mia Keller <mia@example.com>\nSubject: Gebr\xf6chen, A-1042\n\nI paid $480, \xff\xfe\x80 refund please. \xc3\n"
)


@pytest.mark.parametrize(
    ("ticket", "received"),
    [
        pytest.param(BROKEN, "480.00 USD", id="a broken encoding"),
        pytest.param(_mail(200), "480.00 USD", id="200 attachments"),
        pytest.param(ARABIC.encode(), "940.00 SAR", id="Arabic"),
    ],
)
async def test_a_ticket_file_that_is_odd_is_worked_on(tmp_path: Path, ticket: bytes, received: str) -> None:
    (tmp_path / "ticket.eml").write_bytes(ticket)
    told = await signoff("demo", "--once", "--json", "--ticket", "ticket.eml", cwd=tmp_path)
    steps = [json.loads(line) for line in told.out.splitlines()]
    assert (told.code, told.err) == (0, "")
    assert all(step["ok"] for step in steps)
    assert [step for step in steps if step["step"] == "world" and received in step["text"]]


@pytest.mark.parametrize(
    ("ticket", "why"),
    [
        pytest.param(b"x" * 1024 * 1024, "must be smaller than 1,048,576 bytes (1 MiB)", id="1 MiB"),
        pytest.param(b"", "The ticket is empty (0 bytes)", id="zero bytes"),
        pytest.param(b" \n\t \n", "nothing but white space", id="white space"),
        pytest.param(None, "No such file", id="no file"),
    ],
)
async def test_a_ticket_file_that_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, ticket: bytes | None, why: str
) -> None:
    if ticket is not None:
        (tmp_path / "ticket.txt").write_bytes(ticket)
    told = await invoked("demo", "--once", "--ticket", str(tmp_path / "ticket.txt"))
    assert told.code == 2
    assert told.out == ""
    assert why in " ".join(told.err.replace("│", " ").split())
    assert "ticket.txt" in told.err
    assert "Traceback" not in told.err


async def test_serve_refuses_a_broken_policy_with_its_line(place: Premises) -> None:
    policy = place.directory / "policy.yaml"
    policy.write_text("rules:\n  - name: money\n    actions: [execute_financial_action]\n    verdict: perhaps\n")
    env = place.environment() | {"SIGNOFF_POLICY": str(policy)}
    told = await signoff("serve", cwd=place.directory, env=env)
    assert told.code == 2
    assert told.out == ""
    assert f"{policy}:4:14: rules[0].verdict: 'perhaps' is not one of auto, log, approve or block" in told.err
    assert "Traceback" not in told.err


async def test_a_policy_that_breaks_while_serving_is_not_taken_over_and_the_channel_hears_of_it(place: Premises) -> None:
    policy = place.directory / "policy.yaml"
    shutil.copy(SHIPPED, policy)
    async with staffed(place, policy=policy) as demo:
        eyes, version = Eyes(demo), demo.replica.reload.current.policy.version
        policy.write_text(
            "rules:\n  - name: money\n    actions: [execute_financial_action]\n    verdict: auto\n    risc: low\n"
        )

        told = await eyes.said("The policy file was changed, but cannot be used. The old policy stays.")
        assert f"{policy}:5:5: " in text_of(told)
        assert "risc" in text_of(told)
        assert demo.replica.reload.current.policy.version == version
        _, request, _ = await asked_for(demo, BROKEN_LAMP)
        assert request.verdict.policy_version == version

        policy.write_text(SHIPPED.read_text() + "\n# mended\n")
        await demo.replica.reload.look()
        await eyes.said("The policy file can be used again.")


async def test_a_second_serve_on_the_same_file_is_refused(place: Premises) -> None:
    async with staffed(place):
        told = await invoked("serve", env=place.environment())
    assert told.code == 2
    assert told.out == ""
    assert str(place.directory / "signoff.db") in told.err
    assert "Another process" in told.err
    assert "Traceback" not in told.err


async def test_serve_without_an_up_to_date_database_says_how_to_get_one(place: Premises) -> None:
    env = place.environment() | {"SIGNOFF_DATABASE_URL": f"sqlite:///{place.directory / 'new.db'}"}
    told = await invoked("serve", env=env)
    assert told.code == 2
    assert "signoff db upgrade" in told.err
    assert "Traceback" not in told.err
