"""Buttons, and what they carry: a verb, which is the purpose of the value beside it, and that value, sealed."""

from typing import Final, Literal

from bot.cards.card import Card
from bot.cards.form import Form
from bot.flow.binding import Purpose, Stamp
from bot.teams import limits
from bot.teams.render_text import Block

Verb = Purpose | Literal["refresh"]

BINDING: Final = "binding"
POSITIVE: Final = {"style": "positive"}
DESTRUCTIVE: Final = {"style": "destructive"}


def data_of(verb: Verb, value: str) -> Block:
    """What comes back from a press: `verb`, and `binding`, a value of `Stamp` for that purpose (`read` for `refresh`)."""
    return {"verb": verb, BINDING: value}


def execute(title: str, data: Block, **style: str) -> Block:
    """A press that is answered with a card; where that is unknown, the same as a message
    (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards)."""
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {"type": "Action.Execute", "title": title, "verb": data["verb"], "data": data, "fallback": fallback} | style


def back(shown: Card | Form, stamp: Stamp) -> Block:
    """A press that asks for the card again, whatever is or is not filled in."""
    action, nothing_of_the_form = (
        execute("Back", data_of("refresh", stamp.value(shown, "read"))),
        {"associatedInputs": "none"},
    )
    return action | nothing_of_the_form | {"fallback": action["fallback"] | nothing_of_the_form}


def submit(title: str, data: Block, **style: str) -> Block:
    """A press within a dialog, which knows no Action.Execute
    (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots)."""
    return {"type": "Action.Submit", "title": title, "data": data} | style


def fetch(title: str, data: Block, **style: str) -> Block:
    """A press that opens a dialog. Only Action.Submit does: an Action.Execute is answered with a card, a message or an
    error, never with a dialog (see `submit` and `execute` for the pages)."""
    return submit(title, data | {"msteams": {"type": "task/fetch"}}, **style)


def refresh(card: Card, stamp: Stamp, users: tuple[str, ...]) -> Block:
    """Has Teams ask for a view of their own for each of `users`, by their ids on Teams. Raises ValueError for more than
    Teams takes."""
    if len(users) > limits.REFRESHED_USERS:
        raise ValueError(f"{len(users)} people cannot have views of their own; Teams takes {limits.REFRESHED_USERS}.")
    data = data_of("refresh", stamp.value(card, "read"))
    action = {"type": "Action.Execute", "title": "Refresh", "verb": "refresh", "data": data}
    return {"refresh": {"action": action, "userIds": list(users)}} if users else {}
