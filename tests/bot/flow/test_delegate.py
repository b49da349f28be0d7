"""`/signoff delegate`: who may lend their voice, to whom, until when, and that it is told and kept."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bot.cards.text import plain
from bot.flow.delegate import MOST, BadEnd, end_of
from storage.records import Delegation, Identity
from storage.store import Transaction
from tests.bot.flow.stage import ANNA, DAN, NOOR, RAVI, Clock, Stage

SUNDAY = Clock.START  # 2026-11-22, 12:00 UTC
FRIDAY = "Friday 27 November 2026, 23:59 UTC"


def link(identity: Identity, tx: Transaction) -> None:
    tx.link_identity(identity)


async def delegations(stage: Stage) -> list[Delegation]:
    return list(await stage.read(lambda tx: tx.delegations(at=tx.now())))


async def events(stage: Stage) -> list[tuple[str, str]]:
    entries = await stage.read(lambda tx: tx.audit_entries())
    return [(entry.event, entry.actor) for entry in entries if entry.event.startswith("delegation.")]


@pytest.mark.parametrize("name", ["@anna", "@Anna", "anna@example.com"])
async def test_a_delegation_is_kept_audited_and_told_to_both(stage: Stage, name: str) -> None:
    answer = await stage.type(f"delegate {name} until friday", RAVI)
    told = "may decide in your place until " + FRIDAY
    assert answer.ok
    assert plain(answer.text).startswith(f"Anna (anna@example.com) {told}, except on what either of you asked for.")
    (made,) = await delegations(stage)
    assert (made.giver, made.taker) == (RAVI, ANNA)
    assert made.until == datetime(2026, 11, 27, 23, 59, tzinfo=UTC)
    assert await events(stage) == [("delegation.started", RAVI.key)]
    assert stage.surface.told == [
        (ANNA.key, f"Ravi lets you decide in their place until {FRIDAY}, except on what either of you asked for.")
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@anna", "Until when?"),
        ("@anna friday", "Until when?"),
        ("until friday", "Until when?"),
        ("@anna until yesterday", "is over already"),
        ("@anna until 2026-11-22 11:59", "is over already"),
        ("@anna until the cows come home", "is no day"),
        ("@anna until " + "x" * 500, "is no day"),
        ("@anna until 21 February 2027", "90 days at most"),
        ("@ravi until friday", "cannot delegate to yourself"),
        ("@nobody until friday", "There is nobody called @nobody here."),
        ("@sam until friday", "Several people here are called @sam."),
        ("@guest until friday", "guests cannot decide"),
        ("@gone until friday", "account is deactivated"),
        ("@stranger until friday", "no full member"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(stage: Stage, line: str, why: str) -> None:
    stage.surface.standings |= {"guest": "guest", "gone": "deactivated", "stranger": "stranger"}
    answer = await stage.type(f"delegate {line}", RAVI)
    assert not answer.ok
    assert why in plain(answer.text)
    assert await delegations(stage) == []
    assert await events(stage) == []
    assert stage.surface.told == []


async def test_nobody_delegates_to_another_account_of_their_own(stage: Stage) -> None:
    for account in (RAVI, DAN):
        identity = Identity(person=account, human="ravi", created_at=SUNDAY)
        await stage.store.write(partial(link, identity))
    assert "yourself" in plain((await stage.type("delegate @dan until friday", RAVI)).text)
    stage.surface.emails["ravi2"] = "RAVI@example.com"
    assert "yourself" in plain((await stage.type("delegate @ravi2 until friday", RAVI)).text)
    assert await delegations(stage) == []


async def test_a_directory_that_cannot_be_asked_means_no_delegation(stage: Stage) -> None:
    stage.surface.fail_next()
    answer = await stage.type("delegate @anna until friday", RAVI)
    assert "nothing was done" in plain(answer.text)
    assert await delegations(stage) == []


async def test_the_same_command_delivered_three_times_has_one_effect(stage: Stage) -> None:
    for _ in range(3):
        assert (await stage.type("delegate @anna until friday", RAVI, "the-same")).ok
    assert len(await delegations(stage)) == len(stage.surface.told) == 1
    stage.clock.move(seconds=1)
    for _ in range(3):
        assert (await stage.type("delegate stop", RAVI, "another")).ok
    assert await events(stage) == [("delegation.started", RAVI.key), ("delegation.ended", RAVI.key)]


async def test_one_who_is_named_again_has_the_new_end_only(stage: Stage) -> None:
    await stage.type("delegate @anna until friday", RAVI)
    stage.clock.move(seconds=1)
    await stage.type("delegate @anna until tomorrow", RAVI)
    (made,) = await delegations(stage)
    assert made.until == datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    assert [event for event, _ in await events(stage)] == ["delegation.started", "delegation.ended", "delegation.started"]


async def test_the_number_of_delegates_is_bounded(sqlite_stage: Stage) -> None:
    for number in range(MOST):
        assert (await sqlite_stage.type(f"delegate @d{number} until friday", RAVI)).ok
    sqlite_stage.clock.move(seconds=1)
    assert not (await sqlite_stage.type("delegate @onemore until friday", RAVI)).ok
    assert (await sqlite_stage.type("delegate @d3 until tomorrow", RAVI)).ok
    assert len(await delegations(sqlite_stage)) == MOST


async def test_what_was_given_and_taken_is_shown_until_it_ends(stage: Stage) -> None:
    assert "Nobody decides in your place" in plain((await stage.type("delegate", RAVI)).text)
    await stage.type("delegate @anna until friday", RAVI)
    await stage.type("delegate @ravi until tomorrow", NOOR)
    shown = plain((await stage.type("delegate", RAVI)).text)
    assert "Anna may decide in your place until 2026-11-27 23:59 UTC." in shown
    assert "You may decide in the place of Noor until 2026-11-23 23:59 UTC." in shown
    stage.clock.move(days=6)
    assert "Nobody decides in your place" in plain((await stage.type("delegate", RAVI)).text)


async def test_stop_ends_what_one_gave_and_nothing_else(stage: Stage) -> None:
    await stage.type("delegate @anna until friday", RAVI)
    await stage.type("delegate @dan until friday", RAVI)
    await stage.type("delegate @ravi until friday", NOOR)
    stage.surface.told.clear()
    stage.clock.move(seconds=1)
    assert plain((await stage.type("delegate stop", RAVI)).text) == "Nobody decides in your place any more."
    assert [(each.giver, each.taker) for each in await delegations(stage)] == [(NOOR, RAVI)]
    assert sorted(stage.surface.told) == [(each.key, "You no longer decide in the place of Ravi.") for each in (ANNA, DAN)]
    assert plain((await stage.type("delegate stop", RAVI)).text) == "Nobody decides in your place."


async def test_guests_delegate_nothing(stage: Stage) -> None:
    stage.surface.standings["ravi"] = "guest"
    assert not (await stage.type("delegate @anna until friday", RAVI)).ok
    assert await delegations(stage) == []


async def test_the_end_is_read_and_said_in_the_time_zone_of_whoever_types(stage: Stage) -> None:
    stage.surface.zones["ravi"] = "Asia/Kolkata"
    told = plain((await stage.type("delegate @anna until friday", RAVI)).text)
    assert "Friday 27 November 2026, 23:59 Asia/Kolkata" in told
    assert (await delegations(stage))[0].until == datetime(2026, 11, 27, 18, 29, tzinfo=UTC)


async def test_help_names_it(stage: Stage) -> None:
    assert "/signoff delegate @NAME until DAY" in plain((await stage.type("help", ANNA)).text)


def at(day: int, hour: int, minute: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone", "end"),
    [
        ("friday", "UTC", at(27, 23, 59)),
        ("Friday", "Europe/Berlin", at(27, 22, 59)),
        ("friday", "America/New_York", at(28, 4, 59)),
        ("friday", "Not/AZone", at(27, 23, 59)),
        ("friday", "", at(27, 23, 59)),
        ("today", "UTC", at(22, 23, 59)),
        ("tomorrow", "Pacific/Auckland", at(24, 10, 59)),  # it is the 23rd there already
        ("friday 17:00", "UTC", at(27, 17, 0)),
        ("5pm", "UTC", at(22, 17, 0)),
        ("friday 17:00 CET", "Asia/Kolkata", at(27, 16, 0)),
        ("in 3 hours", "Asia/Kolkata", at(22, 15, 0)),
        ("in 2 weeks", "UTC", at(6, 23, 59, 12)),
        ("2026-11-27", "UTC", at(27, 23, 59)),
        ("27 November", "UTC", at(27, 23, 59)),
        ("in 90 days", "UTC", datetime(2027, 2, 20, 23, 59, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end_where_whoever_types_is(written: str, zone: str, end: datetime) -> None:
    assert end_of(written, SUNDAY, zone).at == end


@pytest.mark.parametrize(
    "written",
    ["", "soon", "december", "2027", "9999-12-31", "0001-01-01", "in 91 days", "yesterday", "2 hours ago", "now", "\0", "∞"],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Pacific/Auckland"])
def test_what_is_no_day_within_reach_is_refused(written: str, zone: str) -> None:
    with pytest.raises(BadEnd):
        end_of(written, SUNDAY, zone)


def test_a_day_is_as_long_as_the_clocks_say_that_day() -> None:
    before_the_change = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
    assert end_of("25 October", before_the_change, "Europe/Berlin").at == datetime(2026, 10, 25, 22, 59, tzinfo=UTC)
    assert end_of("24 October", before_the_change, "Europe/Berlin").at == datetime(2026, 10, 24, 21, 59, tzinfo=UTC)
