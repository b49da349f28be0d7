"""Somebody asks the policy in the sandbox, and reads the answer."""

import pytest
from playwright.async_api import expect

from bot.demo import CHANNEL, TESS, Demo
from tests.e2e import window
from tests.e2e.conftest import Open

pytestmark = pytest.mark.browser

REFUND = "amount=480 currency=USD charge=ch_1 reason=duplicate"


async def test_the_policy_explains_itself_to_whoever_asks(company: Demo, browse: Open) -> None:
    tess = await browse(company.sandbox.url, TESS)
    composer = tess.get_by_test_id("composer")
    await composer.fill(f"/signoff policy explain execute_financial_action {REFUND}")
    await composer.press("Enter")
    answer = window.whisper(tess, "execute_financial_action")
    for part in ("people are asked", "high risk", "It moves money.", "✓ money says approve, counts", "@reviewers"):
        await expect(answer).to_contain_text(part)
    await composer.fill("/signoff policy explain execute_financial_acton amount=480")
    await composer.press("Enter")
    await expect(window.whisper(tess, "Did you mean execute_financial_action?")).to_be_visible()
    assert company.sandbox.messages(CHANNEL) == [], "nothing stands in the channel"
