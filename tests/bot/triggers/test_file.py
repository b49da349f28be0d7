"""The file of triggers: what it says, and every mistake with its line and what to do."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.triggers.file import Around, BadTriggers, Triggers, load

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HERE = Around(
    ("triage", "support"), {"CRM_SECRET": SECRET, "TWO": f"{SECRET}, {SECRET}", "SHORT": "whsec_abc"}, ("slack",), True
)

WHOLE = """
webhooks:
  crm:
    agent: triage
    secret: CRM_SECRET
    input: ticket.text
    window: 1h
  plain: {agent: support, secret: TWO, channel: "slack:C1"}
mailboxes:
  support: {agent: support, folder: mail, channel: C1}
schedules:
  monday: {agent: triage, cron: 0 9 * * MON, timezone: Europe/Berlin, input: What happened?}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    return tmp_path / "triggers.yaml"


def problems(file: Path, text: str, around: Around = HERE) -> list[str]:
    file.write_text(text)
    with pytest.raises(BadTriggers) as raised:
        load(file, around)
    return str(raised.value).replace(f"{file}:", "").replace(f"{file.parent}/", "").splitlines()


def test_a_file_names_webhooks_mailboxes_and_schedules(file: Path) -> None:
    file.write_text(WHOLE)
    found = load(file, HERE)

    assert found.webhooks["crm"].span.total_seconds() == 3600
    assert found.webhooks["plain"].span.total_seconds() == 600
    assert found.mailboxes["support"].folder == file.parent / "mail"  # beside the file, wherever Signoff is started
    assert found.schedules["monday"].timezone == "Europe/Berlin"


def test_without_a_file_there_are_no_triggers() -> None:
    assert load(None, HERE) == Triggers()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "webhooks:\n  crm: {agent: triag, secret: TWO}",
            "2:16: webhooks.crm.agent: there is no agent 'triag': did you mean 'triage'?",
        ),
        (
            "webhooks:\n  crm: {agent: zzz, secret: TWO}",
            "2:16: webhooks.crm.agent: there is no agent 'zzz': there are triage, support",
        ),
        ("webhooks:\n  crm: {secret: TWO}", "2:8: webhooks.crm.agent: is missing: add it"),
        (
            "webhooks:\n  crm:\n    agent: triage\n    secret: NONE",
            "4:13: webhooks.crm.secret: the variable NONE is not set",
        ),
        ("webhooks:\n  crm: {agent: triage, secret: SHORT}", "the variable SHORT holds no webhook secret: write whsec_"),
        (f"webhooks:\n  crm: {{agent: triage, secret: {SECRET}}}", "webhooks.crm.secret: is the secret itself"),
        ("webhooks:\n  crm: {agent: triage, secret: a b}", "write the name of the variable that holds the secret"),
        ("webhooks:\n  crm: {agent: triage, secret: TWO, input: a..b}", "write the names that lead to the text"),
        (
            "webhooks:\n  crm: {agent: triage, secret: TWO, inptu: a}",
            "webhooks.crm.inptu: unknown key: did you mean 'input'?",
        ),
        (
            "webhooks:\n  crm: {agent: triage, secret: TWO, window: soon}",
            "webhooks.crm.window: write a duration such as 30m",
        ),
        ("webhooks:\n  crm: {agent: triage, secret: TWO, window: 6d}", "webhooks.crm.window: write at most 5d"),
        ("webhooks:\n  CRM: {agent: triage, secret: TWO}", "2:3: webhooks.CRM: a name has up to 31 small letters"),
        ("webhooks:\n  crm: {agent: triage, secret: TWO, channel: 'teams:19:x'}", "is on 'teams', which is not connected"),
        ("webhook:\n  crm: {}", "1:1: webhook: unknown key: did you mean 'webhooks'?"),
        ("webhooks:", "1:10: webhooks: write names and what they stand for here"),
        ("- a", "write"),
        ("mailboxes:\n  m: {agent: triage, folder: nowhere}", "2:30: mailboxes.m.folder: nowhere is not a folder"),
        ("mailboxes:\n  m: {agent: triage, folder: triggers.yaml}", "mailboxes.m.folder: triggers.yaml is not a folder"),
        ("schedules:\n  m: {agent: triage, cron: 0 9 * *, input: x}", "schedules.m.cron: a cron line has five fields"),
        ("schedules:\n  m: {agent: triage, cron: 0 9 * * *, input: ''}", "schedules.m.input: has no value"),
        (
            "schedules:\n  m: {agent: triage, cron: 0 9 * * *, timezone: Mars, input: x}",
            "m.timezone: there is no time zone 'Mars'",
        ),
        ("schedules:\n  m:\n    agent: triage\n    cron: */5 * * * *", "4:11: schedules.m.cron: `*/5` is a YAML alias"),
        (
            "webhooks:\n  a: {agent: triage, secret: TWO}\n  a: {agent: triage, secret: TWO}",
            "3:3: webhooks.a: written twice",
        ),
        ("webhooks: {", "not readable as YAML"),
    ],
)
def test_each_mistake_is_told_with_its_place_and_what_to_do(file: Path, text: str, says: str) -> None:
    told = "\n".join(problems(file, text))
    assert says in told
    assert SECRET not in told


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    text = "webhooks:\n  a: {agent: x, secret: NONE}\nmailboxes:\n  m: {agent: y, folder: nowhere}"
    assert [each.partition(":")[0] for each in problems(file, text)] == ["2", "2", "4", "4"]


def test_somebody_has_to_see_what_comes_of_it(file: Path) -> None:
    text = "webhooks:\n  crm: {agent: triage, secret: TWO}"
    [told] = problems(file, text, replace(HERE, channel=False))
    assert "nobody would see what comes of it: give it a `channel`, or set SIGNOFF_CHANNEL" in told


def test_a_replica_that_only_listens_needs_no_folders(file: Path) -> None:
    file.write_text("mailboxes:\n  m: {agent: triage, folder: nowhere}")
    assert list(load(file, replace(HERE, folders=False)).mailboxes) == ["m"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_written_is_refused(file: Path) -> None:
    (file.parent / "mail").chmod(0o500)
    assert "cannot be read and written" in problems(file, "mailboxes:\n  m: {agent: triage, folder: mail}")[0]


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), (b"\xff", "not UTF-8"), (b" " * (1 << 20) + b"x", "larger than 1 MiB")]
)
def test_a_file_that_is_none_is_refused(file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadTriggers, match=says):
        load(file, HERE)
