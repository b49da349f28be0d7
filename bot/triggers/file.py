"""The file that names triggers (SIGNOFF_TRIGGERS). It holds no secrets, only the names of variables that do.

webhooks:
  crm:
    agent: triage
    secret: CRM_WEBHOOK_SECRET        # variable with the secret, whsec_…
    input: ticket.text                # the part of the JSON body to work on; without it, the whole body
mailboxes:
  support:
    agent: support
    folder: /var/spool/support        # of .eml files, or a Maildir
    channel: C0SUPPORT
schedules:
  monday-report:
    agent: research
    cron: "0 9 * * MON"
    timezone: Europe/Berlin
    input: What did customers complain about most last week?
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from agents.actions import AgentError
from bot.flow.trigger import LONGEST
from bot.triggers.cron import Timetable, zone
from bot.triggers.signature import PREFIX, keys_in
from policies.document import Document, read
from policies.durations import Seconds
from policies.problems import Mistake, Path, Problem, did_you_mean

LARGEST = 1 << 20  # bytes

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class BadTriggers(AgentError):
    """The file of triggers cannot be used. `problems` holds every mistake; `str()` has one on each line."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
        super().__init__("\n".join(map(str, self.problems)))


class Trigger(BaseModel):
    """What every trigger says: which agent, and in which channel its run is told (else the deployment's)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    channel: Text | None = None


class Windowed(Trigger):
    """A trigger for which the same input within `window` seconds is one piece of work."""

    window: Seconds = 600

    @field_validator("window")
    @classmethod
    def _kept(cls, value: int) -> int:
        if timedelta(seconds=value) > LONGEST:
            raise ValueError(f"write at most {LONGEST.days}d: what was delivered is remembered for a week")
        return value

    @property
    def span(self) -> timedelta:
        """The window."""
        return timedelta(seconds=self.window)


class Webhook(Windowed):
    """`POST /triggers/NAME`, signed. `input` is the path of names to the part of the JSON body that the agent works on."""

    secret: Variable
    input: Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")] | None = None
    per_minute: int = Field(60, ge=1, le=6000)

    @field_validator("secret", mode="before")
    @classmethod
    def _no_secret_itself(cls, value: object) -> object:
        if isinstance(value, str) and value.startswith(PREFIX):
            raise ValueError(
                "is the secret itself: put it into a variable, write the variable's name, and make a new secret"
            )
        return value


class Mailbox(Windowed):
    """A folder of `.eml` files, or a Maildir."""

    folder: FilePath


class Schedule(Trigger):
    """A cron line. Each time that it is due, the agent works on `input`."""

    timezone: str = "UTC"
    cron: str
    input: Text

    @field_validator("timezone")
    @classmethod
    def _on_the_map(cls, value: str) -> str:
        zone(value)
        return value

    @field_validator("cron")
    @classmethod
    def _readable(cls, value: str, info: ValidationInfo) -> str:
        Timetable(value, zone(info.data.get("timezone", "UTC")))
        return value

    @property
    def timetable(self) -> Timetable:
        """When it is due."""
        return Timetable(self.cron, zone(self.timezone))


class Triggers(BaseModel):
    """A whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhooks: dict[Name, Webhook] = Field(default_factory=dict)
    mailboxes: dict[Name, Mailbox] = Field(default_factory=dict)
    schedules: dict[Name, Schedule] = Field(default_factory=dict)


_KINDS: Mapping[str, type[Trigger]] = {"webhooks": Webhook, "mailboxes": Mailbox, "schedules": Schedule}


@dataclass(frozen=True)
class Around:
    """What there is for triggers to name: agents, variables and their values, the surfaces that are set (all, if none is),
    whether the deployment has a channel of its own, and whether folders are looked at from here."""

    agents: Collection[str]
    variables: Mapping[str, str]
    surfaces: Collection[str]
    channel: bool
    folders: bool = True


def load(path: FilePath | None, around: Around) -> Triggers:
    """The triggers that `path` names; none without a path. Raises BadTriggers."""
    if path is None:
        return Triggers()
    document = _document(path)
    triggers = None
    if document.whole and not document.problems:
        try:
            triggers = Triggers.model_validate(document.value)
        except ValidationError as error:
            document.tell(_schema_mistakes(error))
    if triggers is not None:
        folders = {
            name: each.model_copy(update={"folder": path.parent / each.folder}) for name, each in triggers.mailboxes.items()
        }
        triggers = triggers.model_copy(update={"mailboxes": folders})
        document.tell(Mistake(path, message) for path, message in _mistakes(triggers, around))
    if triggers is None or document.problems:
        raise BadTriggers(document.problems)
    return triggers


def entries(triggers: Triggers) -> Iterator[tuple[str, str, Trigger]]:
    """Section, name and trigger of each."""
    for section in _KINDS:
        for name, trigger in getattr(triggers, section).items():
            yield section, name, trigger


def _document(path: FilePath) -> Document:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise BadTriggers([Problem(str(path), None, None, "", "larger than 1 MiB: split or shorten it")])
        return read(str(path), content.decode("utf-8-sig"))
    except OSError as error:
        why = f"it cannot be read ({error.strerror}). Mend SIGNOFF_TRIGGERS, which names it."
        raise BadTriggers([Problem(str(path), None, None, "", why)]) from error
    except UnicodeDecodeError as error:
        raise BadTriggers([Problem(str(path), None, None, "", "not UTF-8 text: save the file as UTF-8")]) from error


def _schema_mistakes(error: ValidationError) -> Iterator[Mistake]:
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        of_key = found["type"] == "extra_forbidden" or path != found["loc"]
        yield Mistake(path, _explained(found), of_key=of_key)


def _explained(found: ErrorDetails) -> str:
    """What pydantic found, in words for the author of the file."""
    kind, path = found["type"], found["loc"] or ("",)
    if kind == "extra_forbidden":
        keys = tuple(_KINDS) if len(path) == 1 else tuple(_KINDS[str(path[0])].model_fields)
        return f"unknown key{did_you_mean(str(path[-1]), keys) or ': remove it, or use one of ' + ', '.join(keys)}"
    if kind == "value_error":
        return str(found["ctx"]["error"])
    if path[-1] == "[key]":
        return "a name has up to 31 small letters, digits and -, and begins with a letter"
    return _ADVICE.get((kind, str(path[-1]))) or _ADVICE.get((kind, "")) or f"{found['msg'][:1].lower()}{found['msg'][1:]}"


_ADVICE = {
    (
        "string_pattern_mismatch",
        "secret",
    ): "write the name of the variable that holds the secret, such as CRM_WEBHOOK_SECRET",
    ("string_pattern_mismatch", "input"): "write the names that lead to the text, such as ticket.text",
    ("missing", ""): "is missing: add it",
    ("string_type", ""): "write text; put numbers, true and false in quotes",
    ("string_too_short", ""): "has no value: write one, or remove the line",
    ("model_type", ""): "write keys and values here, such as `agent: triage`",
    ("dict_type", ""): "write names and what they stand for here, or remove the line",
}


def _mistakes(triggers: Triggers, around: Around) -> Iterator[tuple[Path, str]]:
    """What only shows with what is around the file."""
    for section, name, trigger in entries(triggers):
        here = (section, name)
        if trigger.agent not in around.agents:
            hint = did_you_mean(trigger.agent, around.agents) or f": there are {', '.join(around.agents)}"
            yield (*here, "agent"), f"there is no agent {trigger.agent!r}{hint}"
        if trigger.channel is None and not around.channel:
            yield here, "nobody would see what comes of it: give it a `channel`, or set SIGNOFF_CHANNEL"
        surface, colon, _ = (trigger.channel or "").partition(":")
        if colon and surface.isalpha() and around.surfaces and surface not in around.surfaces:
            yield (*here, "channel"), f"is on {surface!r}, which is not connected: name a channel where Signoff is"
        if isinstance(trigger, Webhook) and (why := _bad_secret(trigger.secret, around.variables)):
            yield (*here, "secret"), why
        if isinstance(trigger, Mailbox) and around.folders and (why := _bad_folder(trigger.folder)):
            yield (*here, "folder"), why


def _bad_secret(variable: str, variables: Mapping[str, str]) -> str | None:
    if not variables.get(variable):
        return f"the variable {variable} is not set: set it to the secret that the sender signs with"
    try:
        keys_in(variables[variable])
    except ValueError as error:
        return f"the variable {variable} {error}"
    return None


def _bad_folder(folder: FilePath) -> str | None:
    if not folder.is_dir():
        return f"{folder} is not a folder: make it, or name another one"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{folder} cannot be read and written: files are moved on within it, so give Signoff the right to"
    return None
