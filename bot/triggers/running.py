"""The triggers of a replica: its webhooks, and what looks at its mailboxes and schedules from time to time."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.flow.signoff import Signoff
from bot.settings import Settings
from bot.triggers.file import Around, Triggers
from bot.triggers.mailbox import Folder
from bot.triggers.schedule import Alarm
from bot.triggers.signature import keys_in
from bot.triggers.webhook import Door, Webhooks
from storage.records import Place


@dataclass(frozen=True)
class Running:
    """What a replica mounts, and what it calls every few seconds, by name."""

    webhooks: Webhooks
    looks: Mapping[str, Callable[[], Awaitable[None]]]


def around(settings: Settings, agents: Iterable[str], variables: Mapping[str, str], *, folders: bool = True) -> Around:
    """What triggers of this deployment may name; `folders`: whether this replica looks at mailboxes."""
    surfaces = [name for name, wanted in (("slack", settings.wants_slack), ("teams", settings.wants_teams)) if wanted]
    return Around(tuple(agents), variables, surfaces, settings.channel is not None, folders)


def running(signoff: Signoff, triggers: Triggers, variables: Mapping[str, str], place_of: Callable[[str], Place]) -> Running:
    """The triggers of a file that was loaded with these variables; `place_of` finds the channel that one names."""

    def place(channel: str | None) -> Place | None:
        return place_of(channel) if channel else signoff.fallback_place

    doors = {
        name: Door(webhook, keys_in(variables[webhook.secret]), place(webhook.channel))
        for name, webhook in triggers.webhooks.items()
    }
    folders = {
        f"mailbox {name}": Folder(signoff, name, mailbox, place(mailbox.channel)).look
        for name, mailbox in triggers.mailboxes.items()
    }
    alarms = {
        f"schedule {name}": Alarm(signoff, name, schedule, place(schedule.channel)).look
        for name, schedule in triggers.schedules.items()
    }
    return Running(Webhooks(signoff, doors), {**folders, **alarms})
