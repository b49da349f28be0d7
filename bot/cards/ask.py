"""A message of a chat that somebody hands to an agent: the dialog about it, and the text that the agent is given."""

from typing import Final, Literal

from bot.cards.form import FormField
from bot.cards.inert import inert_line
from storage.records import Person, Place, Record

NOTE_MAX: Final = 2000  # characters
NAME_MAX: Final = 80  # characters that are told of a name
MARK: Final = "[Signoff]"  # begins each line that we add to a message; no line of the message itself begins so


class ChatMessage(Record):
    """Something that was said in a chat, as plain text.

    `id` is the platform's own, unique in its channel; `place` is the thread that the message is in or begins. Nobody reads
    the `files` that came with it. `reached`: whether Signoff is in that conversation. `changed`: whether whoever hands it
    over changed its text.
    """

    id: str
    place: Place
    author: str
    text: str
    link: str | None = None
    files: tuple[str, ...] = ()
    reached: bool = True
    changed: bool = False


class AskForm(Record):
    """The dialog in which a person chooses the agent for a message. `intro` says what submitting does."""

    purpose: Literal["ask"] = "ask"
    message: ChatMessage
    title: str
    intro: str
    submit: str
    fields: tuple[FormField, ...]


def ask_fields(agents: dict[str, str]) -> tuple[FormField, ...]:
    """The inputs of the dialog; `agents` maps names to what they are called there."""
    only = next(iter(agents)) if len(agents) == 1 else None
    agent = FormField(name="agent", label="Agent", kind="choice", choices=agents, value=only)
    note = FormField(
        name="note",
        label="Your note",
        hint="What the agent should know. It reads this below the message, in your name.",
        kind="lines",
        required=False,
        max_length=NOTE_MAX,
    )
    return agent, note


def given(message: ChatMessage, person: Person, note: str) -> str:
    """What the agent works on: the message, then in lines of ours whose it is, and the note of whoever hands it over.

    The message comes first, so that a mail which somebody pasted is still read as one. A line of it that looks like ours is
    set off: nobody can write a note in another's name. Without a note it is the same whoever hands it over, so that two
    people who do not know of each other start one run.
    """
    lines = [_theirs(message.text), "", f"{MARK} {_whose(message, person)}"]
    if message.files:
        lines.append(f"{MARK} Files that came with it, unread: {', '.join(map(_named, message.files))}")
    if note.strip():
        lines.append(f"{MARK} Note of {_named(person.name)}: {note.strip()}")
    return "\n".join(lines)


def handed(text: str) -> str:
    """What an agent was given, without the lines of ours."""
    return text.partition(f"\n\n{MARK} ")[0]


def _whose(message: ChatMessage, person: Person) -> str:
    changed = f", changed by {_named(person.name)}" if message.changed else ""
    link = f" {message.link}" if message.link else ""
    return f"Written by {_named(message.author)}{changed}.{link}"


def _theirs(text: str) -> str:
    return "\n".join(f"> {line}" if line.lstrip().startswith(MARK) else line for line in text.splitlines())


def _named(name: str) -> str:
    return inert_line(name)[:NAME_MAX]
