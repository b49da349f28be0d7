"""Those whom a line calls are notified: by id, by handle, by address; who cannot be found is only named."""

import pytest

from bot.cards.text import Called, words
from bot.flow.surface import SurfaceBusy
from bot.sandbox.server import Sandbox
from bot.slack.surface import SlackSurface
from tests.bot.slack.conftest import HERE, MIA, NOAH, SUPPORT, TEAM
from tests.bot.slack.examples import read

MENTION = {"type": "user", "user_id": NOAH}
FINANCE = {"type": "usergroup", "usergroup_id": "S0FINANCE"}

CALLS = {
    f"slack:{NOAH}": MENTION,
    f"slack:{TEAM}:{NOAH}": MENTION,
    "noah@example.com": MENTION,
    "slack:S0FINANCE": FINANCE,
    "slack:@finance": FINANCE,
    "nobody@example.com": "nobody@example.com",
    "gone@example.com": "gone@example.com",
    "slack:@nosuch": "@nosuch",
    f"slack:T0ELSEWHERE:{NOAH}": NOAH,
}


@pytest.mark.parametrize(("reference", "shown"), CALLS.items(), ids=CALLS)
async def test_whom_a_policy_names_is_notified(
    sandbox: Sandbox, surface: SlackSurface, reference: str, shown: dict[str, str] | str
) -> None:
    await surface.reply(HERE, words("Reminder. ", Called(reference=reference)))
    [message] = sandbox.messages(SUPPORT)
    *_, last = message.blocks[0]["elements"][0]["elements"]
    assert last == (shown if isinstance(shown, dict) else {"type": "text", "text": shown, "style": {"bold": True}})


async def test_a_lookup_that_slack_refuses_for_good_still_says_the_line(sandbox: Sandbox, surface: SlackSurface) -> None:
    sandbox.fail_next("usergroups.list", error="paid_teams_only")
    await surface.reply(HERE, words("Reminder. ", Called(reference="slack:@finance")))
    assert read(sandbox.messages(SUPPORT)[0].blocks) == ["Reminder. *@finance*"]


async def test_a_lookup_that_has_to_wait_makes_the_line_wait(sandbox: Sandbox, surface: SlackSurface) -> None:
    sandbox.fail_next("users.lookupByEmail", status=503)
    with pytest.raises(SurfaceBusy):
        await surface.reply(HERE, words("Reminder. ", Called(reference="noah@example.com")))
    assert sandbox.messages(SUPPORT) == []


async def test_a_line_whose_mentions_slack_does_not_take_is_said_without_them(
    sandbox: Sandbox, surface: SlackSurface
) -> None:
    sandbox.fail_next("chat.postMessage", error="invalid_blocks")
    await surface.reply(HERE, words("Reminder. ", Called(reference=f"slack:{MIA}")))
    assert read(sandbox.messages(SUPPORT)[0].blocks) == [f"Reminder. {MIA}"]
