"""One request in two places: a channel on Slack and a channel on Teams, two people, the requester excluded."""

from collections.abc import AsyncIterator

import pytest

from bot.flow.sweep import nudge
from storage.records import RequestStatus
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import RULES, House, house_on
from tests.contracts.surface.on_slack import SUPPORT as ON_SLACK
from tests.fakes.connector.cast import SUPPORT as ON_TEAMS

TWICE = RULES.replace(
    "    risk: high\n", f'    risk: high\n    quorum: 2\n    channel: ["slack:{ON_SLACK}", "teams:{ON_TEAMS}"]\n', 1
)
ALONE = "one workspace is all there is"
ONCE = TWICE.replace("quorum: 2", "quorum: 1", 1)


@pytest.fixture(params=["slack", "teams"])
async def both(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[House]:
    """A house on Slack and Teams; the run is started on the first."""
    names = ["slack", "teams"] if request.param == "slack" else ["teams", "slack"]
    async with house_on(sqlite_url, names) as made:
        made.stage.adopt(TWICE)
        yield made


async def closed(house: House, *words: str) -> None:
    """Both cards say so, and neither can be pressed any more."""
    for chat in house.chats.values():
        card = await house.card(chat)
        assert chat.buttons(card, "ravi") == [], chat.name
        for part in words:
            assert part in chat.words(card, "ravi"), (chat.name, part)


@feature("One request in two chats: one approves here, one there", sandbox=ALONE)
async def test_one_approves_on_slack_and_one_on_teams(both: House) -> None:
    await both.ask()
    slack, teams = both.chats["slack"], both.chats["teams"]
    for chat in (slack, teams):
        assert chat.buttons(await both.card(chat), "ravi") == ["Approve", "Edit", "Reject"]
    await both.press("ravi", await both.card(slack), "Approve", slack)
    assert both.paid == []
    assert "Ravi Rao" in teams.words(await both.card(teams), "noor")
    await both.press("noor", await both.card(teams), "Approve", teams)
    assert both.paid == ["480.00 lamp-shop"]
    await closed(both, "Done", "Ravi Rao", "Noor Nasser", "Paid 480.00 to lamp-shop.")


@feature("One request in two chats: one human with two accounts is one voice", sandbox=ALONE)
async def test_the_same_human_on_both_counts_once(both: House) -> None:
    await both.ask()
    slack, teams = both.chats["slack"], both.chats["teams"]
    await both.press("ravi", await both.card(slack), "Approve", slack)
    told = await both.press("ravi", await both.card(teams), "Approve", teams)
    assert "You have approved this already" in told
    assert both.paid == []
    assert await both.status() is RequestStatus.pending


@feature("One request in two chats: whoever asked decides on neither", sandbox=ALONE)
async def test_the_requester_is_excluded_on_the_other_side_too(both: House) -> None:
    both.stage.adopt(TWICE.replace("ravi@", "anna@example.com, ravi@", 1))
    await both.ask()
    for chat in both.chats.values():
        assert "You asked for this" in await both.press("anna", await both.card(chat), "Approve", chat)
    assert await both.status() is RequestStatus.pending


@feature("One request in two chats: a decision in one closes the card in the other", sandbox=ALONE)
async def test_a_rejection_here_closes_the_card_there(both: House) -> None:
    await both.ask()
    first, second = both.chats.values()
    stale = await both.card(first)
    await both.press("ravi", await both.card(second), "Reject", second)
    await second.send("ravi", "Reject", reason="other", notes="Not today.")
    await first.press("noor", stale, "Approve")  # its card has not been updated yet
    await both.settle()
    assert "Ravi Rao has rejected this already" in first.told("noor")
    await closed(both, "Rejected", "Not today.")
    assert both.paid == []


@feature("One request in two chats: while one is down, the other decides", sandbox=ALONE)
async def test_while_teams_is_down_slack_decides_and_the_card_there_follows(both: House) -> None:
    both.stage.adopt(ONCE)
    await both.ask()
    slack, teams = both.chats["slack"], both.chats["teams"]
    teams.unreachable()
    await both.press("ravi", await both.card(slack), "Approve", slack)
    assert both.paid == ["480.00 lamp-shop"]
    assert "Done" in slack.words(await both.card(slack))
    assert "Approve" in teams.buttons(await both.card(teams), "noor"), "nobody could tell Teams yet"
    teams.unreachable(False)
    for _ in range(3):
        both.stage.clock.move(minutes=5)
        await nudge(both.stage.signoff)
        await both.settle()
    await closed(both, "Done", "Ravi Rao")
