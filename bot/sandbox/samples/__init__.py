"""Sample tickets for trying Signoff, each a file as it could arrive."""

from pathlib import Path
from typing import TypedDict


class Sample(TypedDict):
    """A ticket to try: `text` is what an agent gets, `title` and `hint` say what to expect."""

    title: str
    text: str
    hint: str


_FILES = (
    ("broken-lamp.eml", "A broken lamp, $480", "Proposes a refund. Edit it to $300 with a note."),
    ("opening-hours.txt", "Are you open on Saturday?", "Proposes an answer from the help centre."),
    ("new-address.eml", "A new e-mail address", "Proposes a change of the customer's record."),
    ("delete-data.eml", "Delete my data", "Proposes a deletion that cannot be undone."),
    ("legal-question.txt", "Can I sue the courier?", "Legal advice: blocked, nobody is even asked."),
    ("arabic-refund.eml", "مصباح مكسور", "A refund, asked for in Arabic."),
)


def samples() -> list[Sample]:
    """The sample tickets, in the order in which they are shown."""
    return [Sample(title=title, text=_text(name), hint=hint) for name, title, hint in _FILES]


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
