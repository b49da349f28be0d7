"""`signoff triggers` and `signoff check`: what starts runs beside people, and what is wrong with it."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.check import findings
from bot.cli import main
from bot.settings import Settings
from bot.triggers.signature import Stamp, genuine, keys_in

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FILE = """
webhooks:
  crm: {agent: triage, secret: CRM_SECRET, input: ticket.text}
mailboxes:
  support: {agent: support, folder: mail}
schedules:
  monday: {agent: research, cron: 0 9 * * MON, timezone: Europe/Berlin, input: What happened?, channel: C2}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail").mkdir()
    made = tmp_path / "triggers.yaml"
    made.write_text(FILE)
    return made


def typed(*words: str, **env: str) -> Result:
    usual = {"SIGNOFF_TRIGGERS": "triggers.yaml", "SIGNOFF_CHANNEL": "C1", "CRM_SECRET": SECRET}
    return CliRunner().invoke(main, ["triggers", *words], env=usual | env)


def test_list_says_what_starts_which_agent(file: Path) -> None:
    told = typed("list")

    assert told.exit_code == 0
    webhook, mailbox, schedule = told.stdout.splitlines()
    assert webhook == "webhook crm      triage is started by a call of /triggers/crm."
    assert mailbox == "mailbox support  support is started by each mail in mail."
    assert schedule.startswith("schedule monday  research is started by the clock: 0 9 * * MON (Europe/Berlin), next at 20")


def test_list_as_json_has_a_row_for_each(file: Path) -> None:
    rows = json.loads(typed("list", "--json").stdout)
    assert [(row["kind"], row["name"], row["agent"], row["where"]) for row in rows] == [
        ("webhook", "crm", "triage", "/triggers/crm"),
        ("mailbox", "support", "support", "mail"),
        ("schedule", "monday", "research", "0 9 * * MON (Europe/Berlin)"),
    ]
    assert [bool(row["next"]) for row in rows] == [False, False, True]
    assert rows[2]["channel"] == "C2"


def test_without_a_file_there_is_nothing_to_list(file: Path) -> None:
    told = typed("list", SIGNOFF_TRIGGERS="")
    assert (told.exit_code, told.stdout) == (0, "SIGNOFF_TRIGGERS names no triggers.\n")


def test_sign_prints_a_line_whose_signature_opens_the_webhook(file: Path) -> None:
    body = file.with_name("a ticket.json")
    body.write_text('{"ticket": {"text": "Grüße"}}')
    told = typed("sign", "crm", "a ticket.json", "--url", "https://signoff.example.com/")
    words = shlex.split(told.stdout)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")

    stamp = Stamp(headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"])
    assert genuine(keys_in(SECRET), stamp, body.read_bytes())
    assert words[0] == "curl"
    assert words[-3:] == ["--data-binary", "@a ticket.json", "https://signoff.example.com/triggers/crm"]
    assert SECRET not in told.output


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        (("sign", "shop", "triggers.yaml"), {}, "there is no webhook 'shop'. There are: crm."),
        (("sign", "crm", "nothing.json"), {}, "'nothing.json' does not exist"),
        (("list",), {"CRM_SECRET": ""}, "triggers.yaml:3:32: webhooks.crm.secret: the variable CRM_SECRET is not set"),
        (("list",), {"SIGNOFF_TRIGGERS": "nowhere.yaml"}, "nowhere.yaml: it cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(file: Path, words: tuple[str, ...], env: dict[str, str], says: str) -> None:
    told = typed(*words, **env)

    assert told.exit_code == 2
    assert says in told.stderr
    assert "Traceback" not in told.output


async def test_check_tells_each_trigger(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    told = await checked(file)
    assert [ok for ok, _, _ in told] == [True] * 3
    assert [subject.removeprefix("SIGNOFF_TRIGGERS ") for _, subject, _ in told] == [
        "webhook crm", "mailbox support", "schedule monday",
    ]  # fmt: skip


async def test_check_tells_every_mistake(file: Path) -> None:
    (file.parent / "mail").rmdir()
    told = await checked(file)
    assert [(ok, subject) for ok, subject, _ in told] == [(False, "SIGNOFF_TRIGGERS")] * 2
    assert "webhooks.crm.secret: the variable CRM_SECRET is not set" in told[0][2]
    assert "mailboxes.support.folder" in told[1][2]


async def checked(file: Path) -> list[tuple[bool, str, str]]:
    settings = Settings(
        triggers=file,
        channel="C1",
        customers_url=f"sqlite:///{file.parent / 'customers.db'}",
        smtp_port=1,
        billing_url="http://127.0.0.1:1",
    )
    found = await findings(settings)
    return [(each.ok, each.subject, each.message) for each in found if each.subject.startswith("SIGNOFF_TRIGGERS")]
