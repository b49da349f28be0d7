"""Neutral text: a tuple of spans that each surface renders in its own markup.

A `Words` span is ours and may be emphasised; a `Quote` span holds what agents, customers, models or people wrote, and is
always rendered inert. Spans are pydantic values, so a text can wait in an outbox row as JSON. No span is ever made with a
credential in it: whatever is said to people goes through here.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, TypeAdapter, field_validator

from policies.reviewers import shown
from storage.records import Person, Record
from storage.redaction import redacted

Shown = Annotated[str, AfterValidator(redacted)]


class Words(Record):
    """Our own words. `style`: plain, bold, dim or code."""

    kind: Literal["words"] = "words"
    text: Shown
    style: Literal["plain", "bold", "dim", "code"] = "plain"


class Quote(Record):
    """Somebody else's words, rendered inert. `block` sets it off as a paragraph of its own."""

    kind: Literal["quote"] = "quote"
    text: Shown
    block: bool = False


class Who(Record):
    """A person. `ping` asks the surface to notify them; otherwise only the name is shown."""

    kind: Literal["who"] = "who"
    person: Person
    ping: bool = False

    @field_validator("person")
    @classmethod
    def _named(cls, person: Person) -> Person:
        return person.model_copy(update={"name": redacted(person.name)})


class Called(Record):
    """Somebody, or a group, whom a policy names as `policies.reviewers` writes it; notified where the surface can."""

    kind: Literal["called"] = "called"
    reference: str


class When(Record):
    """A moment, shown in the reader's own time zone where the surface can."""

    kind: Literal["when"] = "when"
    at: datetime


class Page(Record):
    """A page of ours that can be opened. Never the address of anybody else: those are shown as text."""

    kind: Literal["page"] = "page"
    text: Shown
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]


Span = Annotated[Words | Quote | Who | Called | When | Page, Field(discriminator="kind")]
Text = tuple[Span, ...]

_adapter: TypeAdapter[Text] = TypeAdapter(Text)


def words(*parts: str | Span) -> Text:
    """Spans from plain strings (our words) and ready spans."""
    return tuple(Words(text=part) if isinstance(part, str) else part for part in parts)


def bold(text: str) -> Words:
    """Our words, emphasised."""
    return Words(text=text, style="bold")


def code(text: str) -> Words:
    """Our words in a fixed-width face: ids, names of actions and commands."""
    return Words(text=text, style="code")


def dim(text: str) -> Words:
    """Our words, set back."""
    return Words(text=text, style="dim")


def quote(text: str, *, block: bool = False) -> Quote:
    """Somebody else's words."""
    return Quote(text=text, block=block)


def plain(text: Text) -> str:
    """The text without any markup, for terminals, logs and notifications."""
    return "".join(_plain(span) for span in text)


def to_json(text: Text) -> JsonValue:
    """The text as JSON for an outbox row."""
    value: JsonValue = _adapter.dump_python(text, mode="json")
    return value


def from_json(value: JsonValue) -> Text:
    """The reverse of `to_json`."""
    return _adapter.validate_python(value)


def _plain(span: Span) -> str:
    match span:
        case Words():
            return span.text
        case Quote():
            return f"\n> {span.text}\n" if span.block else span.text
        case Who():
            return span.person.name
        case Called():
            return shown(span.reference)
        case When():
            return f"{span.at:%Y-%m-%d %H:%M} UTC"
        case Page():
            return f"{span.text}: {span.url}"
