"""The page in a real browser, against the real sandbox and an app made with slack_bolt."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.people import Channel, Installation, Person, Seed, Shortcut
from bot.sandbox.server import Sandbox

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK = "C0DESK"
SEED = Seed(
    people=(
        Person("U0MIA", "mia", "Mia Torres", role="Support, asks"),
        Person("U0RAVI", "ravi", "Ravi Shah", role="Reviewer"),
    ),
    channels=(Channel(DESK, "desk", "Where agents ask", members=("U0MIA", "U0RAVI", "U0SIGNOFF")),),
)
SAMPLE = {"title": "A broken lamp", "text": "The lamp is broken", "hint": "A refund"}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(action_id: str, words: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(words), "value": "refund-1"}


CARD: list[dict[str, Any]] = [
    {"type": "header", "text": plain("Refund a payment")},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Amount*\n480.00"}, plain("a <b>tag</b>")]},
    {"type": "actions", "block_id": "decide", "elements": [button("approve", "Approve"), button("edit", "Edit")]},
]
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "edited",
    "title": plain("Edit the refund"),
    "submit": plain("Approve"),
    "close": plain("Cancel"),
    "blocks": [
        {
            "type": "input",
            "block_id": "amount",
            "label": plain("Amount"),
            "element": {"type": "number_input", "action_id": "value", "is_decimal_allowed": True, "initial_value": "480"},
        },
        {
            "type": "input",
            "block_id": "notes",
            "optional": True,
            "label": plain("Notes"),
            "element": {"type": "plain_text_input", "action_id": "value", "multiline": True},
        },
    ],
}


def make_app(client: AsyncWebClient, asked: list[str]) -> AsyncApp:
    """A card with an Approve button and an Edit dialog; `asked` gets the text of every command."""
    app = AsyncApp(client=client)

    @app.command("/signoff")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        asked.append(body["text"])
        await ack(text="On it. *Only you* see this.")

    @app.message_shortcut("signoff_ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        asked.append(body["message"]["text"])
        await client.views_open(trigger_id=body["trigger_id"], view={**FORM, "private_metadata": body["message"]["ts"]})

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any]) -> None:
        await client.chat_postEphemeral(channel=DESK, user=event["user"], text="Heard.")

    @app.action("approve")
    async def approve(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        who = body["user"]["id"]
        await client.chat_update(channel=DESK, ts=body["message"]["ts"], text=f"Approved by <@{who}>", blocks=[])

    @app.action("edit")
    async def edit(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view={**FORM, "private_metadata": body["message"]["ts"]})

    @app.view("edited")
    async def edited(ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        amount, notes = values["amount"]["value"]["value"], values["notes"]["value"]["value"]
        if amount == "999":
            await ack(response_action="errors", errors={"amount": "More than was paid."})
            return
        await ack()
        ts = view["private_metadata"]
        await client.chat_update(channel=DESK, ts=ts, text=f"Approved as {amount}: {notes}", blocks=[])
        await client.chat_postMessage(channel=DESK, thread_ts=ts, text=f"Refunded *{amount}*")

    return app


class World:
    """A ledger to show beside the channel, a clock that notes how it is moved, and what the app was asked."""

    def __init__(self) -> None:
        self.ledger: list[list[str]] = []
        self.moved: list[float] = []
        self.asked: list[str] = []

    async def panels(self) -> list[dict[str, Any]]:
        rows = [list(row) for row in self.ledger]
        columns = ["Refund", "Amount"]
        return [{"name": "ledger", "title": "Ledger", "empty": "Nothing yet.", "columns": columns, "rows": rows, "note": ""}]

    async def advance(self, seconds: float) -> None:
        self.moved.append(seconds)


class Stage:
    """One sandbox with its app, and pages of it."""

    def __init__(self, sandbox: Sandbox, client: AsyncWebClient, browser: Browser, world: World) -> None:
        self.sandbox = sandbox
        self.client = client
        self.world = world
        self.troubles: list[str] = []
        self._browser = browser

    async def post(self, text: str, blocks: list[dict[str, Any]] | None = None, thread: str | None = None) -> str:
        """The ts of a new message; a reply in a `thread` is shown in the channel as well."""
        answer = await self.client.chat_postMessage(
            channel=DESK, text=text, blocks=blocks, thread_ts=thread, reply_broadcast=True if thread else None
        )
        return str(answer["ts"])

    async def page(self, person: str, width: int = 1280, height: int = 800) -> Page:
        page = await self._browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(5_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda line: self.troubles.append(line.text) if line.type == "error" else None)
        await page.goto(f"{self.sandbox.url}/?as={person}")
        await expect(page.get_by_test_id(f"person-{person}")).to_have_attribute("aria-pressed", "true")
        return page


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    world = World()
    sandbox = Sandbox(SEED, samples=[SAMPLE], panels=world.panels, advance=world.advance)
    async with sandbox, async_playwright() as playwright:
        client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
        line = AsyncSocketModeHandler(make_app(client, world.asked), sandbox.app_token, web_client=client)
        await line.connect_async()  # type: ignore[no-untyped-call]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        stage = Stage(sandbox, client, browser, world)
        try:
            await sandbox.until(lambda: sandbox.connected or None)
            yield stage
        finally:
            await browser.close()
            await line.close_async()  # type: ignore[no-untyped-call]
    # A violated content security policy or an error in a module shows up here.
    assert stage.troubles == []


async def test_a_click_reaches_the_app_and_changes_the_card(stage: Stage) -> None:
    await stage.post("Refund a payment", CARD)
    page = await stage.page("U0RAVI")
    card = page.get_by_test_id("message").last
    await expect(card).to_contain_text("a <b>tag</b>")
    await card.locator('[data-block-id="decide"][data-action-id="approve"]').click()
    await expect(card).to_contain_text("Approved by @Ravi Shah")
    await expect(card.get_by_role("button")).to_have_count(0)


async def test_a_modal_is_checked_refused_mended_and_submitted(stage: Stage) -> None:
    await stage.post("Refund a payment", CARD)
    page = await stage.page("U0RAVI")
    await page.locator('[data-action-id="edit"]').click()
    modal, submit = page.get_by_test_id("modal"), page.get_by_test_id("modal-submit")
    amount, notes = modal.get_by_label("Amount"), modal.get_by_label("Notes (optional)")
    await expect(amount).to_be_focused()
    await amount.fill("a lot")
    await submit.click()
    await expect(modal).to_contain_text("Please enter a number.")
    await amount.fill("999")
    await notes.fill("half of it")
    await submit.click()
    await expect(modal).to_contain_text("More than was paid.")
    await expect(notes).to_have_value("half of it")
    await amount.fill("300")
    await submit.click()
    await expect(modal).to_be_hidden()
    await expect(page.get_by_test_id("message").first).to_contain_text("Approved as 300: half of it")
    await page.get_by_test_id("replies").click()
    await expect(page.get_by_test_id("thread")).to_contain_text("Refunded 300")


async def test_what_is_half_typed_survives_what_others_do(stage: Stage) -> None:
    await stage.post("Refund a payment", CARD)
    page = await stage.page("U0MIA")
    await page.get_by_test_id("composer").fill("not sent")
    await page.locator('[data-action-id="edit"]').click()
    notes = page.get_by_test_id("modal").get_by_label("Notes (optional)")
    await notes.fill("not submitted")
    card = await page.get_by_test_id("message").first.element_handle()
    await stage.post("Something else")
    await expect(page.get_by_test_id("message").last).to_contain_text("Something else")
    await expect(notes).to_have_value("not submitted")
    await expect(notes).to_be_focused()
    assert card is not None
    assert await card.evaluate("node => node.isConnected")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_be_hidden()
    await expect(page.get_by_test_id("composer")).to_have_value("not sent")
    assert await stage.sandbox.until(lambda: stage.sandbox.view_of("U0MIA") is None)


async def test_a_sample_runs_its_ticket_and_only_who_asked_sees_the_answer(stage: Stage) -> None:
    page = await stage.page("U0MIA")
    await page.get_by_test_id("sample-0").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("Only visible to you")
    assert stage.world.asked == ["run support The lamp is broken"]
    await page.get_by_test_id("person-U0RAVI").click()
    await expect(page.get_by_test_id("message")).to_have_count(0)
    assert page.url.endswith("?as=U0RAVI")


async def test_a_refused_message_is_given_back_with_the_reason(stage: Stage) -> None:
    page = await stage.page("U0MIA")
    composer = page.get_by_test_id("composer")
    await composer.fill("/nonsense")
    await composer.press("Enter")
    await expect(page.get_by_text("/nonsense is not a valid command.")).to_be_visible()
    await expect(composer).to_have_value("/nonsense")


async def test_what_the_world_receives_appears_and_the_clock_moves(stage: Stage) -> None:
    page = await stage.page("U0MIA")
    ledger = page.get_by_test_id("panel-ledger")
    await expect(ledger).to_contain_text("Nothing yet.")
    stage.world.ledger.append(["re_1", "300.00 USD"])
    await expect(ledger.locator(".is-new")).to_have_text("re_1300.00 USD")
    await page.get_by_test_id("clock-4h").click()
    await page.get_by_test_id("clock-1h").click()
    await stage.sandbox.until(lambda: len(stage.world.moved) == 2)
    assert stage.world.moved == [14_400.0, 3_600.0]


async def test_on_a_phone_nothing_is_wider_than_the_window_and_targets_are_large(stage: Stage) -> None:
    root = await stage.post("Refund a payment", [*CARD, {"type": "markdown", "text": "x" * 400}])
    await stage.post("Somebody should look at this", thread=root)
    page = await stage.page("U0RAVI", 390, 844)
    await expect(page.get_by_role("button", name="open the thread")).to_be_visible()
    widths = "[document.documentElement.scrollWidth, document.querySelector('#scroller').scrollWidth]"
    assert await page.evaluate(widths) == [390, 390]
    for pane in ("Thread", "World", "People", "Channel"):
        await page.get_by_role("navigation", name="Views").get_by_role("button", name=pane).click()
        for target in await page.locator("button:visible, textarea:visible, select:visible").all():
            box = await target.bounding_box()
            assert (box or {"height": 0})["height"] >= 44, await target.evaluate("node => node.outerHTML")


READER = "{people: new Map([['U1', {id: 'U1', real_name: 'Ann'}]]), channels: new Map(), me: 'U1', now: new Date()}"
DRAW = (
    "async text => { const {mrkdwn} = await import('/page/mrkdwn.js');"
    f"const box = document.createElement('div'); box.append(...mrkdwn(text, {READER}));"
    'return box.innerHTML.replaceAll(/ (class|target|rel)="[^"]*"/g, \'\'); }'
)


MARKUP = {
    "*bold* _it_ ~no~": "<b>bold</b> <i>it</i> <s>no</s>",
    "*_both_*": "<b><i>both</i></b>",
    "snake_case_name 2*3*4": "snake_case_name 2*3*4",
    "`*code* &lt;b&gt;`": "<code>*code* &lt;b&gt;</code>",
    "a ```x\n*y*``` b": "a <pre>x\n*y*</pre> b",
    "> one\n> two": "<blockquote>one<br>two</blockquote>",
    "• one\n• two": "<ul><li>one</li><li>two</li></ul>",
    "<@U1> <!here> <!subteam^S1|@leads>": "<span>@Ann</span> <span>@here</span> <span>@leads</span>",
    "<https://a.example/?a=1&amp;b=2|go>": '<a href="https://a.example/?a=1&amp;b=2">go</a>',
    "<javascript:alert(1)|go>": "go (javascript:alert(1))",
    "<data:text/html,x>": "data:text/html,x",
    "<img src=x onerror=alert(1)>": "img src=x onerror=alert(1)",
    "&lt;@U1&gt; &amp;lt;": "&lt;@U1&gt; &amp;lt;",
    ":white_check_mark: :nothing_known:": "✅ :nothing_known:",
}


async def test_mrkdwn_becomes_nodes_and_everything_else_stays_text(stage: Stage) -> None:
    page = await stage.page("U0MIA")
    assert {text: await page.evaluate(DRAW, text) for text in MARKUP} == MARKUP


async def test_a_message_offers_the_shortcuts_of_the_app(stage: Stage) -> None:
    await stage.sandbox.say("U0RAVI", DESK, "The lamp is broken")
    page = await stage.page("U0MIA")
    message = page.get_by_test_id("message").last
    await message.hover()
    more = message.get_by_label("More actions")
    await more.click()
    await page.keyboard.press("Escape")
    await expect(message.get_by_role("button", name="Ask an agent")).to_be_hidden()
    await page.keyboard.press("Enter")
    await message.get_by_role("button", name="Ask an agent").click()
    dialog = page.get_by_test_id("modal")
    await expect(dialog).to_contain_text("Edit the refund")
    assert stage.world.asked == ["The lamp is broken"]
    await page.keyboard.press("Escape")
    await stage.sandbox.say("U0MIA", DESK, "/signoff list")
    whisper = page.get_by_test_id("message").last
    await expect(whisper).to_contain_text("Only visible to you")
    await expect(whisper.get_by_label("More actions")).to_have_count(0)


async def test_a_shortcut_that_nobody_answers_says_so_at_the_message(stage: Stage) -> None:
    stage.sandbox.workspace.seed = replace(
        stage.sandbox.workspace.seed, installation=Installation(shortcuts=(Shortcut("nothing", "Nothing"),))
    )
    await stage.sandbox.say("U0RAVI", DESK, "The lamp is broken")
    page = await stage.page("U0MIA")
    message = page.get_by_test_id("message").last
    await message.hover()
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Nothing").click()
    await expect(message.get_by_role("alert")).to_contain_text("Try again?")


async def test_a_mention_is_sent_as_one(stage: Stage) -> None:
    page = await stage.page("U0MIA")
    await page.get_by_test_id("composer").fill("@Signoff list")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("message").first).to_contain_text("@Signoff list")
    await expect(page.get_by_test_id("message").last).to_contain_text("Heard.")
