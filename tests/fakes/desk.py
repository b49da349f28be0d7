"""A desk that remembers what it was asked and answers what it was told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.cards.ask import AskForm, ChatMessage
from bot.cards.card import Card
from bot.cards.form import Form
from bot.cards.text import words
from bot.flow.desk import Answer, Asked, Click, Command
from storage.records import JsonObject, Person, Place


@dataclass
class FakeDesk:
    """Implements `bot.flow.desk.Desk`. `pause` seconds pass before each answer. `error` is raised at once instead,
    `late_error` after the pause. `asked` is set from the first question on."""

    answer: Answer = field(default_factory=lambda: Answer(True, words("Recorded.")))
    forms: Callable[[Click, Literal["edit", "reject"]], Form | Answer] | None = None
    shown: Card | Answer = field(default_factory=lambda: Answer(False, words("No such request.")))
    pause: float = 0.0
    error: Exception | None = None
    late_error: Exception | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    commands: list[Command] = field(default_factory=list)
    approvals: list[Click] = field(default_factory=list)
    opened: list[tuple[Click, str]] = field(default_factory=list)
    rejections: list[tuple[Click, JsonObject]] = field(default_factory=list)
    edits: list[tuple[Click, JsonObject]] = field(default_factory=list)
    read: list[bool] = field(default_factory=list)  # whether each card was asked for as a whole
    loses: bool = True  # whether it can give up what waits somewhere
    losses: list[Place] = field(default_factory=list)
    ask_forms: Callable[[ChatMessage, Person], AskForm] | None = None
    pointed: list[ChatMessage] = field(default_factory=list)
    asks: list[tuple[Asked, JsonObject]] = field(default_factory=list)

    async def command(self, command: Command) -> Answer:
        self.commands.append(command)
        return await self._answer()

    async def approve(self, click: Click) -> Answer:
        self.approvals.append(click)
        return await self._answer()

    async def form(self, click: Click, purpose: Literal["edit", "reject"]) -> Form | Answer:
        self.opened.append((click, purpose))
        answer = await self._answer()
        return self.forms(click, purpose) if self.forms else answer

    async def card(self, click: Click, *, whole: bool = True) -> Card | Answer:
        self.read.append(whole)
        await self._answer()
        return self.shown

    async def reject(self, click: Click, values: JsonObject) -> Answer:
        self.rejections.append((click, values))
        return await self._answer()

    async def edit(self, click: Click, values: JsonObject) -> Answer:
        self.edits.append((click, values))
        return await self._answer()

    async def lost(self, place: Place) -> bool:
        self.losses.append(place)
        return self.loses

    async def ask_form(self, message: ChatMessage, person: Person) -> AskForm | Answer:
        self.pointed.append(message)
        answer = await self._answer()
        return self.ask_forms(message, person) if self.ask_forms else answer

    async def ask(self, asked: Asked, values: JsonObject) -> Answer:
        self.asks.append((asked, values))
        return await self._answer()

    async def _answer(self) -> Answer:
        self.asked.set()
        if self.error is not None:
            raise self.error
        await asyncio.sleep(self.pause)
        if self.late_error is not None:
            raise self.late_error
        return self.answer
