"""What the file of triggers names, bound to a Signoff's agents and channels. What cannot be is said before it starts."""

import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.workflow import Agents
from bot.flow.accounts import Kind
from bot.flow.signoff import Signoff
from bot.flow.surface import SurfaceError
from bot.triggers.file import BadTriggers, Mailbox, Schedule, Triggers, Webhook
from bot.triggers.mailbox import Folder
from bot.triggers.schedule import Timer
from bot.triggers.trigger import Trigger
from bot.triggers.webhook import BadSecret, Hook, secret_of
from storage.records import Place

Look = Callable[[Signoff], Awaitable[None]]
Places = Callable[[str | None], Place | None]  # the channel that is written so; without one, the deployment's own

NOWHERE = "its runs would be shown nowhere: give it a `channel`, or set SIGNOFF_CHANNEL"


@dataclass(frozen=True)
class Bound:
    """Everything that starts runs, by name."""

    hooks: Mapping[str, Hook] = field(default_factory=dict)
    folders: tuple[Folder, ...] = ()
    timers: tuple[Timer, ...] = ()

    @property
    def looks(self) -> Mapping[str, Look]:
        """What has to be looked at from time to time, by name."""
        looked_at: tuple[Folder | Timer, ...] = (*self.folders, *self.timers)
        return {f"{each.trigger.kind} {each.trigger.name}": each.look for each in looked_at}


def problem(entry: Webhook | Mailbox | Schedule, agents: Collection[str], environment: Mapping[str, str]) -> str | None:
    """Why an entry cannot be used, apart from its channel; None if it can."""
    if entry.agent not in agents:
        return f"there is no agent {entry.agent!r}. There are: {', '.join(agents)}."
    match entry:
        case Webhook():
            return _secret(entry, environment)
        case Mailbox():
            return _folder(entry.folder)
    return None


def bound(path: Path, triggers: Triggers, agents: Agents, places: Places, environment: Mapping[str, str]) -> Bound:
    """Raises BadTriggers."""
    for name, entry in triggers.entries.items():
        if why := problem(entry, [*agents], environment):
            raise BadTriggers(path, f"{name}: {why}")

    def trigger(kind: Kind, name: str, entry: Webhook | Mailbox | Schedule) -> Trigger:
        window = None if isinstance(entry, Schedule) else entry.window
        return Trigger(kind, name, agents[entry.agent], _place(path, f"{kind} {name}", entry, places), window)

    return Bound(
        {
            name: Hook(trigger("webhook", name, hook), secret_of(environment[hook.secret]), _steps(hook.input))
            for name, hook in triggers.webhooks.items()
        },
        tuple(Folder(trigger("mailbox", name, box), box.folder) for name, box in triggers.mailboxes.items()),
        tuple(
            Timer(trigger("schedule", name, timer), timer.cron, timer.timezone, timer.input)
            for name, timer in triggers.schedules.items()
        ),
    )


def _place(path: Path, name: str, entry: Webhook | Mailbox | Schedule, places: Places) -> Place:
    try:
        place = places(entry.channel)
    except SurfaceError as error:
        raise BadTriggers(path, f"{name}: channel: {error}") from error
    if place is None:
        raise BadTriggers(path, f"{name}: {NOWHERE}.")
    return place


def _secret(hook: Webhook, environment: Mapping[str, str]) -> str | None:
    if not environment.get(hook.secret):
        return f"set the variable {hook.secret}, which holds its secret. `signoff triggers secret` makes one."
    try:
        secret_of(environment[hook.secret])
    except BadSecret as error:
        return f"the secret in {hook.secret} cannot be used: {error}. `signoff triggers secret` makes one."
    return None


def _folder(folder: Path) -> str | None:
    if not folder.is_dir():
        return f"{folder} is no folder. Make it, or name another."
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"Signoff may not move files in {folder}. Give it the right to, or name another."
    return None


def _steps(written: str | None) -> tuple[str, ...]:
    return tuple(written.split(".")) if written else ()
