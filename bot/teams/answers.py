"""How the end that a button comes to is shown: within a card, in a dialog, or in a sentence."""

import logging
from typing import Any, Final

from bot.cards.said import BROKEN, NOT_OURS
from bot.cards.text import Text, plain, words
from bot.flow.binding import BadBinding
from bot.flow.desk import Answer
from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.teams.render_card import Rendered
from bot.teams.render_form import TooLongToEdit, said_dialog
from bot.teams.render_text import Dialog, attachment

log = logging.getLogger(__name__)

End = Answer | Dialog | Rendered
DIALOG: Final = {"height": "large", "width": "medium"}


def on_card(end: End) -> dict[str, Any]:
    """https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model#response-format."""
    if isinstance(end, Answer):
        said = plain(end.text).strip() or "Done."
        return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": said}
    return {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": end.card}


def in_dialog(end: End) -> dict[str, Any]:
    """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots. Without a
    task, the dialog closes."""
    if isinstance(end, Answer) and end.ok:
        return {}
    shown = said_dialog("Not done", end.text) if isinstance(end, Answer) else end
    title = shown.title if isinstance(shown, Dialog) else "Signoff"
    return {"task": {"type": "continue", "value": {"title": title, **DIALOG, "card": attachment(shown.card)}}}


def sentence(error: Exception) -> Text:
    """What a person is told of an error; what is unexpected goes to the log with its trace."""
    match error:
        case BadBinding():
            log.warning("a button or dialog carried something that Signoff did not make for it: %s", error)
            return NOT_OURS
        case TooLongToEdit() | SurfaceError() | SurfaceBusy():
            log.warning("somebody could not be shown a dialog: %s", error)
            return words(str(error))
        case _:
            log.error("a listener failed", exc_info=error)
            return BROKEN
