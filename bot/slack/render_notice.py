"""The notice of one run as a Slack message: the root of the thread in which its story is told."""

from bot.cards.card import Notice
from bot.cards.fold import more_characters
from bot.cards.inert import beginning, inert
from bot.cards.text import plain
from bot.slack import limits, names
from bot.slack.render_card import Rendered, metadata
from bot.slack.render_text import (
    Block,
    notification,
    paragraphs,
    part,
    plain_text,
    quoted,
    rich,
    section,
)
from storage.records import RunStatus

STATUS_EMOJI = {
    RunStatus.ready: "hourglass",
    RunStatus.running: "hourglass_flowing_sand",
    RunStatus.waiting: "raised_hand",
    RunStatus.succeeded: "white_check_mark",
    RunStatus.failed: "x",
    RunStatus.blocked: "octagonal_sign",
    RunStatus.cancelled: "no_entry",
}

EXCERPT = 200
OUTCOME = 500  # the whole of it is in the trace


def render_notice(notice: Notice) -> Rendered:
    """The message of a notice."""
    text = notification(f"{notice.agent}: {notice.status}. {plain(notice.headline)}")
    return Rendered(text, _blocks(notice), metadata(names.RUN_EVENT, "run_id", notice.run_id))


def _blocks(notice: Notice) -> list[Block]:
    first, *rest = paragraphs(notice.headline) or [section(part(notice.agent, "bold"))]
    emoji = ({"type": "emoji", "name": STATUS_EMOJI[notice.status]}, part(" "))
    told = [first | {"elements": [*emoji, *first["elements"]]}, *rest]
    if notice.excerpt:
        told.append(_claim(notice.excerpt, EXCERPT))
    if notice.outcome:
        told += [section(part(f"What {_name(notice.agent)} says", "italic")), _claim(notice.outcome, OUTCOME)]
    remarks = (*notice.labels[:5], notice.run_id)
    context = {"type": "context", "elements": [plain_text(remark, limits.BUTTON_TEXT * 4) for remark in remarks]}
    return [rich(*told), context]


def _claim(text: str, limit: int) -> Block:
    shown, more = beginning(inert(text), limit)
    return quoted(part(shown), *([part(f"{more_characters(more)} in the trace", "italic")] if more else []))


def _name(text: str) -> str:
    return beginning(inert(text), 80)[0]
