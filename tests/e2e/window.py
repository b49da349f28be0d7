"""A person's window on the sandbox, in the words of what people do there."""

from playwright.async_api import Locator, Page, expect


def card(page: Page) -> Locator:
    """The newest card in the channel."""
    return page.locator("#scroller").get_by_test_id("message").filter(has_text="What support says · not verified").last


def notice(page: Page) -> Locator:
    """The message about the run, under which its thread hangs."""
    return page.locator("#scroller").get_by_test_id("message").filter(has=page.get_by_test_id("replies")).last


def whisper(page: Page, words: str) -> Locator:
    """What the app said in the channel to nobody but the person whose window this is."""
    whispers = page.locator("#scroller").get_by_test_id("message").filter(has_text="Only visible to you")
    return whispers.filter(has_text=words)


def thread(page: Page) -> Locator:
    return page.get_by_test_id("thread")


def panel(page: Page, name: str) -> Locator:
    """What one of the world's systems holds."""
    return page.get_by_test_id(f"panel-{name}")


def form(page: Page) -> Locator:
    """The modal in front."""
    return page.get_by_test_id("modal")


def field(page: Page, name: str) -> Locator:
    return form(page).locator(f'[data-block-id="{name}"]')


def error_at(page: Page, name: str) -> Locator:
    """What the form says is wrong with one input."""
    return form(page).locator(f'[data-input-block="{name}"] .input-error')


async def press(page: Page, button: str) -> None:
    """Press a button of the newest card."""
    await card(page).get_by_text(button, exact=True).click()


async def send(page: Page) -> None:
    """Submit the form, which then closes."""
    await form(page).get_by_test_id("modal-submit").click()
    await expect(form(page)).to_be_hidden()


async def open_thread(page: Page) -> Locator:
    await notice(page).get_by_test_id("replies").click()
    return thread(page)
