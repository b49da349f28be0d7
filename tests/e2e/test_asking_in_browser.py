"""A message that stands in a channel is handed to an agent, and Signoff is mentioned, each to its end."""

import pytest
from playwright.async_api import expect

from bot.demo import CHANNEL, DAN, RAVI, TESS, Demo
from tests.e2e import window
from tests.e2e.conftest import Open

pytestmark = pytest.mark.browser


async def test_a_message_is_handed_over_approved_and_told_in_its_own_thread(company: Demo, browse: Open) -> None:
    sandbox = company.sandbox
    [sample] = [each for each in sandbox._samples if "lamp, $480" in each["title"]]
    await sandbox.say(DAN.id, CHANNEL, sample["text"])
    tess = await browse(sandbox.url, TESS)
    message = tess.locator("#scroller").get_by_test_id("message").first

    for told in ("support is on it. Follow it in the thread of the message.", "You have asked support about this"):
        await message.hover()
        await message.get_by_label("More actions").first.click()
        await message.get_by_role("button", name="Ask an agent").click()
        await expect(window.form(tess)).to_contain_text("Dan Okafor wrote")
        await window.field(tess, "agent").select_option("support")
        await window.form(tess).get_by_test_id("modal-submit").click()
        await expect(tess.get_by_text(told).first).to_be_visible()
    await window.form(tess).get_by_test_id("modal-close").click()

    ravi = await browse(sandbox.url, RAVI)
    await window.press(ravi, "Approve")
    await expect(window.card(ravi)).to_contain_text("Approved and done")
    await ravi.locator("#scroller").get_by_test_id("message").first.get_by_test_id("replies").click()
    await expect(window.thread(ravi)).to_contain_text("@Tess Torres")
    assert len(sandbox.messages(CHANNEL)) == 1, "all of it stands in the thread"


async def test_a_mention_runs_an_agent_in_the_thread_of_its_message(company: Demo, browse: Open) -> None:
    tess = await browse(company.sandbox.url, TESS)
    await tess.get_by_test_id("composer").fill("@Signoff support Are you open on Saturday? mia.keller@example.com")
    await tess.get_by_test_id("composer").press("Enter")
    await expect(window.whisper(tess, "support is on it.")).to_be_visible()
    message = tess.locator("#scroller").get_by_test_id("message").first
    await expect(message.get_by_test_id("replies")).to_be_visible()
    await message.get_by_test_id("replies").click()
    await expect(window.thread(tess)).to_contain_text("asked by Tess Torres")
