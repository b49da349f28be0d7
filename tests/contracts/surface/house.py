"""The flow on SQLite, with people on one or several chats before it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from agents.actions import Action, Actions, Arguments
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents
from bot.flow.front_desk import FrontDesk
from bot.flow.run import start
from bot.flow.sweep import nudge, sweep
from storage.records import Person, Request, RequestStatus
from tests.bot.flow.stage import PAYER, POLICY, Stage, actions_of, said, stage_on
from tests.contracts.surface.chat import Chat
from tests.contracts.surface.on_slack import slack_chat

LETTERS = """
  - name: letters
    actions: [write]
    verdict: approve
    reviewers: [ravi@example.com, noor@example.com]
"""
RULES = POLICY + LETTERS.lstrip("\n")
LIMITED = """
defaults: {reviewers: [ravi@example.com]}
rules:
  - {name: small payments, actions: [pay], when: args.amount <= 100.0 && args.to != "", verdict: auto}
  - {name: large payments, actions: [pay], when: args.amount > 100.0 && args.to != "", verdict: approve}
"""
TWO = RULES.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1)


class Letter(Arguments):
    """What is written to whom."""

    text: str = Field(title="Letter", json_schema_extra={"multiline": True})


async def writer(run: LiveRun, text: str) -> str:
    """Proposes to send the text."""
    outcome = await run.propose("write", {"text": text}, summary="A letter.")
    return outcome.status


WRITER = Agent("writer", 2, "Writes letters.", "TEXT", ("write",), writer)


@dataclass
class House:
    """One Signoff, and the chats it is on."""

    stage: Stage
    chats: dict[str, Chat]

    @property
    def chat(self) -> Chat:
        """The first, or only, one."""
        return next(iter(self.chats.values()))

    async def settle(self) -> None:
        await self.stage.settle()

    async def type(self, who: str, line: str, chat: Chat | None = None) -> str:
        """A command, carried out to its end. Returns what only that person was told since."""
        chat = chat or self.chat
        before = chat.told(who)
        self.stage.clock.move(seconds=1)
        await chat.type(who, line)
        await self.settle()
        return _news(before, chat.told(who))

    async def ask(self, line: str = "480.00 lamp-shop", who: str = "anna") -> Any:
        """Have the agent propose; the card that people see."""
        await self.type(who, f"run payer {line}")
        return await self.card()

    async def ask_long(self, text: str) -> Any:
        """Have the other agent propose a letter that was not typed."""
        await self.begin("writer", text)
        await self.settle()
        return await self.card()

    async def begin(self, agent: str, text: str) -> None:
        """Begin a run of Anna's in the channel without a command typed."""
        self.stage.clock.move(seconds=1)
        anna = Person(key=self.chat.key("anna"), name="Anna Adler", email="anna@example.com")
        work = (self.stage.signoff, self.stage.signoff.agents[agent], text, anna, self.chat.here, None)
        await self.stage.store.write(lambda tx: start(tx, *work))

    async def press(self, who: str, card: Any, button: str, chat: Chat | None = None) -> str:
        """A button, and everything that follows. Returns what only that person was told since."""
        chat = chat or self.chat
        await chat.close(who)
        before = chat.told(who)
        await chat.press(who, card, button)
        await self.settle()
        return _news(before, chat.told(who))

    async def send(self, who: str, button: str, chat: Chat | None = None, **values: str) -> None:
        """A button of the open dialog, and everything that follows."""
        await (chat or self.chat).send(who, button, **values)
        await self.settle()

    async def pass_time(self, **by: float) -> None:
        """Time passes, and what time brings about."""
        self.stage.clock.move(**by)
        await sweep(self.stage.signoff)
        await nudge(self.stage.signoff)
        await self.settle()

    async def request(self) -> Request:
        return await self.stage.latest()

    async def status(self) -> RequestStatus:
        return (await self.request()).status

    async def card(self, chat: Chat | None = None) -> Any:
        """The card of the latest request, as the platform keeps it now."""
        chat, request = chat or self.chat, await self.request()
        messages = await self.stage.read(lambda tx: tx.messages(request.id))
        [address] = [
            each.address
            for each in messages
            if each.purpose == "card" and each.place.surface == chat.here.surface and each.address is not None
        ]
        return chat.at(address)

    @property
    def paid(self) -> list[str]:
        """What was paid, to whom."""
        return [f"{amount} {to}" for amount, to, _ in self.stage.till.paid]


@asynccontextmanager
async def house_on(url: str, names: Sequence[str], *, throttled: bool = False) -> AsyncIterator[House]:
    """A house with these chats; where `throttled`, Teams' limits are in force."""
    async with stage_on(url) as stage, AsyncExitStack() as opened:
        chats: dict[str, Any] = {}
        for name in names:
            if name == "teams":
                from tests.contracts.surface.on_teams import teams_chat

                made: Any = teams_chat(stage, throttled=throttled)
            else:
                made = slack_chat(name, stage.signoff.seals)  # type: ignore[arg-type]
            chats[name] = await opened.enter_async_context(made)
        actions = Actions([*actions_of(stage.till).values(), _letters()])
        surfaces = {chat.here.surface: chat.surface for chat in chats.values()}
        stage.signoff = replace(
            stage.signoff,
            actions=actions,
            agents=Agents([PAYER, WRITER]),
            surfaces=surfaces,
            homes={name: await surface.tenant() for name, surface in surfaces.items()},
        )
        stage.desk = FrontDesk(stage.signoff)
        stage.adopt(RULES)
        for chat in chats.values():
            await chat.listen(stage.desk)
        yield House(stage, chats)


def _news(before: str, after: str) -> str:
    """The lines that were not there before."""
    known = Counter(before.splitlines())
    news = []
    for line in after.splitlines():
        if known[line] > 0:
            known[line] -= 1
        else:
            news.append(line)
    return "\n".join(news)


def _letters() -> Action[Any]:
    return Action("write", "Write a letter", "Writes", Letter, lambda each: "the customer", said)
