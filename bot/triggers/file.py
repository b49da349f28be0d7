"""The file that names what starts runs (SIGNOFF_TRIGGERS). It holds no secrets, only the names of variables that do.

webhooks:
  shop:                                  # POST /triggers/shop
    agent: support
    secret: SHOP_WEBHOOK_SECRET          # variable with whsec_…
    input: ticket.text                   # field of the JSON body; without it, the whole body is the input
mailboxes:
  support:
    agent: support
    folder: /var/mail/support            # its .eml files are taken, and moved to its done/ or refused/
    channel: C0SUPPORT                   # where its runs are shown; without it, SIGNOFF_CHANNEL
schedules:
  monday:
    agent: research
    cron: "0 9 * * MON"
    timezone: Europe/Berlin
    input: What has changed in the warranty terms?
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from agents.actions import AgentError, by_field
from bot.flow.trigger import WINDOW
from policies.durations import seconds

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]

LONGEST_WINDOW = timedelta(days=1)
CRON = "write five parts, as in `0 9 * * MON`: minute, hour, day of the month, month, weekday"


class BadTriggers(AgentError):
    """The file of triggers cannot be used; the message says what is wrong and what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


def _window(value: object) -> timedelta | None:
    if value == 0:
        return None
    window = timedelta(seconds=seconds(value))
    if window > LONGEST_WINDOW:
        raise ValueError("write at most 1d")
    return window


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("write a time zone such as Europe/Berlin or UTC") from error
    return name


def _cron(line: str) -> str:
    """A cron line that means to everybody what it means here.

    APScheduler counts weekdays from Monday = 0, cron from Sunday = 0; and where both a day of the month and a weekday are
    given, cron takes either and APScheduler only both.
    Source: https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
    """
    parts = line.split()
    if len(parts) != 5:
        raise ValueError(CRON)
    if re.search(r"\d", parts[4]):
        raise ValueError("write weekdays by name (MON, TUE-FRI): their numbers mean different days to different programs")
    if parts[2] != "*" and parts[4] != "*":
        raise ValueError("give a day of the month or a weekday, not both: programs disagree on what that means")
    try:
        CronTrigger.from_crontab(line)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{CRON} ({error})") from error
    return " ".join(parts)


Window = Annotated[timedelta | None, BeforeValidator(_window)]


class _Entry(BaseModel):
    """What all of them say: which agent, in which channel, and how long the same input starts no second run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str = Field(min_length=1)
    channel: str | None = Field(default=None, min_length=1)


class Webhook(_Entry):
    """A call over HTTP, signed with what the variable `secret` holds. `input` is the path of a field of its JSON."""

    secret: Variable
    input: FieldPath | None = None
    window: Window = WINDOW


class Mailbox(_Entry):
    """A folder whose `.eml` files are tickets."""

    folder: Path
    window: Window = WINDOW


class Schedule(_Entry):
    """An input at certain times."""

    cron: Annotated[str, AfterValidator(_cron)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    input: str = Field(min_length=1)


class Triggers(BaseModel):
    """The whole file, by kind and name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhooks: dict[Name, Webhook] = Field(default_factory=dict)
    mailboxes: dict[Name, Mailbox] = Field(default_factory=dict)
    schedules: dict[Name, Schedule] = Field(default_factory=dict)

    @property
    def entries(self) -> Mapping[str, Webhook | Mailbox | Schedule]:
        """All of them, each under `kind name`."""
        return {
            **{f"webhook {name}": entry for name, entry in self.webhooks.items()},
            **{f"mailbox {name}": entry for name, entry in self.mailboxes.items()},
            **{f"schedule {name}": entry for name, entry in self.schedules.items()},
        }


def load(path: Path | None) -> Triggers:
    """What `path` names; without a file, nothing. Folders are relative to the file. Raises BadTriggers."""
    if path is None:
        return Triggers()
    try:
        written = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        triggers = Triggers.model_validate(written or {})
    except OSError as error:
        raise BadTriggers(path, f"it cannot be read ({error.strerror}). Mend SIGNOFF_TRIGGERS, which names it.") from error
    except (UnicodeDecodeError, YAMLError) as error:
        raise BadTriggers(path, f"it is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise BadTriggers(path, "; ".join(f"{field}: {text}" for field, text in by_field(error).items())) from error
    placed = {
        name: box.model_copy(update={"folder": (path.parent / box.folder).absolute()})
        for name, box in triggers.mailboxes.items()
    }
    return triggers.model_copy(update={"mailboxes": placed})
