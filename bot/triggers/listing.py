"""The triggers of a file as people read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.triggers.file import Trigger, Triggers
from bot.triggers.webhook import PREFIX


@dataclass(frozen=True)
class Row:
    """One trigger. `where` is its path, its folder or its cron line; `next` when it is due, if it goes by a clock."""

    kind: str
    name: str
    agent: str
    where: str
    channel: str | None
    next: datetime | None

    @property
    def sentence(self) -> str:
        """What it does."""
        due = f", next at {self.next:%Y-%m-%d %H:%M} UTC" if self.next else ""
        told = {"webhook": "a call of", "mailbox": "each mail in", "schedule": "the clock:"}[self.kind]
        return f"{self.agent} is started by {told} {self.where}{due}."


def rows(triggers: Triggers, now: datetime) -> Iterator[Row]:
    """One for each trigger, in the order of the file."""
    for name, webhook in triggers.webhooks.items():
        yield _row("webhook", name, webhook, f"{PREFIX}/{name}")
    for name, mailbox in triggers.mailboxes.items():
        yield _row("mailbox", name, mailbox, str(mailbox.folder))
    for name, schedule in triggers.schedules.items():
        yield _row("schedule", name, schedule, f"{schedule.cron} ({schedule.timezone})", schedule.timetable.next(now))


def _row(kind: str, name: str, trigger: Trigger, where: str, due: datetime | None = None) -> Row:
    return Row(kind, name, trigger.agent, where, trigger.channel, due)
