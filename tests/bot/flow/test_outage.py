"""Fault matrix, row 10: chat is down for half an hour with a thousand cards to post; then they stand as fast as it takes
them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.cards.card import View
from bot.flow import jobs
from bot.flow.surface import Posted, SurfaceBusy
from storage.records import Place
from storage.store import Transaction
from tests.bot.flow.stage import Clock, Stage
from tests.bot.flow.test_sweep import copies
from tests.fakes.surface import FakeSurface

BACKLOG = 1000
DOWN, LATE = timedelta(minutes=30), timedelta(seconds=60)


@dataclass
class Limited(FakeSurface):
    """Takes a message a second for a channel, as Slack does, and nothing before `up`; counts what it did not take."""

    clock: Clock = field(default_factory=Clock)
    up: datetime = Clock.START
    next_at: dict[str, datetime] = field(default_factory=dict)
    refused: int = 0

    async def post(self, place: Place, view: View) -> Posted:
        now = self.clock()
        if now < self.up:
            self.refused += 1
            raise SurfaceBusy(timedelta(seconds=2), "cannot be reached")
        if now < self.next_at.get(place.channel, now):
            self.refused += 1
            raise SurfaceBusy(timedelta(seconds=1), "asked to wait")
        self.next_at[place.channel] = now + timedelta(seconds=1)
        return await super().post(place, view)


async def test_a_thousand_cards_stand_as_fast_as_chat_takes_them(sqlite_stage: Stage) -> None:
    """On SQLite, whose jobs are due by the injected clock; on PostgreSQL they are due by the database's own."""
    stage = sqlite_stage
    ids = await copies(stage, BACKLOG)
    limited = Limited(clock=stage.clock, up=stage.clock() + DOWN)
    stage.signoff.surfaces["slack"] = limited  # type: ignore[index]

    def post(tx: Transaction) -> None:
        for each in ids:
            tx.defer(*jobs.show_card(tx.request(each)))

    await stage.store.write(post)
    while stage.clock() < limited.up:
        await stage.settle()
        stage.clock.move(seconds=60)
    tries, recovered = limited.refused, stage.clock()
    assert tries < 2 * BACKLOG  # a platform that is down is not called by everybody all the time, which would be 30 each
    while len(limited.cards()) < BACKLOG:
        await stage.settle()
        stage.clock.move(seconds=1)
        assert stage.clock() - recovered <= timedelta(seconds=BACKLOG) + LATE
    assert {card.request_id for card in limited.cards()} == set(ids)
    assert limited.refused - tries < BACKLOG / 10
