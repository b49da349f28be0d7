"""The file that names what starts runs, and what is wrong with it, said before anything starts."""

from datetime import timedelta
from pathlib import Path

import pytest

from agents.workflow import Agents
from bot.flow.surface import SurfaceError
from bot.triggers.bound import Bound, bound
from bot.triggers.file import BadTriggers, Triggers, load
from bot.triggers.webhook import SECRET_PREFIX
from storage.records import Place
from tests.bot.flow.stage import CHANNEL, PAYER

SECRET = SECRET_PREFIX + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
FILE = """
webhooks:
  shop: {agent: payer, secret: SHOP_SECRET, input: ticket.text, window: 1h, channel: C2}
mailboxes:
  support: {agent: payer, folder: mail, window: 0}
schedules:
  monday: {agent: payer, cron: "0 9 * * MON", timezone: Europe/Berlin, input: 1.00 lamp-shop}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    return tmp_path / "triggers.yaml"


def written(file: Path, text: str) -> Triggers:
    file.write_text(text)
    return load(file)


def place(written: str | None) -> Place | None:
    if written == "mars:C1":
        raise SurfaceError("it names a channel on 'mars', which is not connected.")
    return Place(surface="slack", tenant="T1", channel=written or CHANNEL.channel)


def tied(file: Path, text: str = FILE, **environment: str) -> Bound:
    return bound(file, written(file, text), Agents([PAYER]), place, {"SHOP_SECRET": SECRET} | environment)


def test_everything_is_bound_to_its_agent_and_channel(file: Path) -> None:
    made = tied(file)
    hook = made.hooks["shop"]
    assert (hook.input, hook.trigger.window, hook.trigger.place.channel) == (("ticket", "text"), timedelta(hours=1), "C2")
    assert hook.secret == b"secret-secret-secret-secret"
    [folder], [timer] = made.folders, made.timers
    assert (folder.path, folder.trigger.window) == (file.parent / "mail", None)
    assert (timer.cron, timer.timezone, timer.trigger.place.channel) == ("0 9 * * MON", "Europe/Berlin", CHANNEL.channel)
    assert list(made.looks) == ["mailbox support", "schedule monday"]


def test_without_a_file_nothing_starts_by_itself() -> None:
    assert load(None).entries == {}


def test_an_empty_file_names_nothing(file: Path) -> None:
    assert written(file, "# nothing yet\n").entries == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("webhooks: {shop: {agent: payer}}", "webhooks.shop.secret: Field required"),
        ("webhooks: {Shop!: {agent: payer, secret: S}}", "webhooks.Shop!"),
        ("webhooks: {shop: {agent: payer, secret: whsec_abc-}}", "webhooks.shop.secret: String should match"),
        ("webhooks: {shop: {agent: payer, secret: S, window: 2d}}", "webhooks.shop.window: Value error, write at most 1d"),
        ("webhooks: {shop: {agent: payer, secret: S, window: soon}}", "write a duration such as 30m"),
        ("webhooks: {shop: {agent: payer, secret: S, every: 1}}", "webhooks.shop.every: Extra inputs are not permitted"),
        ("schedules: {m: {agent: payer, cron: '0 9 * *', input: x}}", "write five parts, as in `0 9 * * MON`"),
        ("schedules: {m: {agent: payer, cron: '0 9 * * 1', input: x}}", "write weekdays by name"),
        ("schedules: {m: {agent: payer, cron: '0 9 1 * MON', input: x}}", "give a day of the month or a weekday, not both"),
        ("schedules: {m: {agent: payer, cron: '61 9 * * *', input: x}}", "write five parts"),
        ("schedules: {m: {agent: payer, cron: '0 9 * * FOO', input: x}}", "write five parts"),
        ("schedules: {m: {agent: payer, cron: '0 9 * * *', timezone: Berlin, input: x}}", "write a time zone such as"),
        ("schedules: {m: {agent: payer, cron: '0 9 * * *'}}", "schedules.m.input: Field required"),
        ("hooks: {}", "hooks: Extra inputs are not permitted"),
        ("webhooks: [", "it is no YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(file: Path, text: str, says: str) -> None:
    with pytest.raises(BadTriggers) as refused:
        written(file, text)
    assert str(refused.value).startswith(f"{file}: ")
    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(BadTriggers, match=r"cannot be read .* Mend SIGNOFF_TRIGGERS"):
        load(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("old", "new", "environment", "says"),
    [
        (
            "agent: payer, folder",
            "agent: prayer, folder",
            {},
            "mailbox support: there is no agent 'prayer'. There are: payer",
        ),
        ("folder: mail", "folder: post", {}, "post is no folder"),
        ("channel: C2", "channel: mars:C1", {}, "webhook shop: channel: it names a channel on 'mars'"),
        ("", "", {"SHOP_SECRET": ""}, "webhook shop: set the variable SHOP_SECRET"),
        ("", "", {"SHOP_SECRET": "whsec_c2hvcnQ="}, "it has 5 bytes and needs at least 24"),
        ("", "", {"SHOP_SECRET": "whsec_&&&&"}, "it is no base64 behind whsec_"),
    ],
)
def test_what_cannot_work_is_refused_before_it_starts(
    file: Path, old: str, new: str, environment: dict[str, str], says: str
) -> None:
    with pytest.raises(BadTriggers) as refused:
        tied(file, FILE.replace(old, new) if old else FILE, **environment)
    assert says in str(refused.value)
    assert "c2hv" not in str(refused.value)


def test_runs_that_would_be_shown_nowhere_are_refused(file: Path) -> None:
    with pytest.raises(BadTriggers, match="its runs would be shown nowhere"):
        bound(file, written(file, FILE), Agents([PAYER]), lambda written: None, {"SHOP_SECRET": SECRET})
