"""The notice of one run as an Adaptive Card: the root of the thread in which its story is told."""

from collections.abc import Iterator
from typing import Final

from bot.cards.card import Notice
from bot.cards.fold import NAME, more_characters, short
from bot.cards.inert import beginning, inert, inert_line
from bot.cards.text import plain
from bot.teams.render_card import Rendered
from bot.teams.render_text import Block, adaptive, notification, paragraphs, quoted, rich, runs
from storage.records import RunStatus

STATUS_SIGNS = {
    RunStatus.ready: "⌛",
    RunStatus.running: "⏳",
    RunStatus.waiting: "✋",
    RunStatus.succeeded: "✅",
    RunStatus.failed: "❌",
    RunStatus.blocked: "🛑",
    RunStatus.cancelled: "⛔",
}

EXCERPT: Final = 200
OUTCOME: Final = 500  # the whole of it is in the trace
LABEL: Final = 300
LABELS: Final = 5


def render_notice(notice: Notice) -> Rendered:
    """The message of a notice."""
    text = notification(f"{notice.agent}: {notice.status}. {plain(notice.headline)}")
    told = f"A run of an agent: {notice.status}. Run {notice.run_id}. Open Teams to see it."
    return Rendered(text, adaptive(list(_body(notice)), told=told))


def _body(notice: Notice) -> Iterator[Block]:
    first, *rest = paragraphs(notice.headline) or [rich(runs(notice.agent, "bold"))]
    sign = runs(f"{STATUS_SIGNS[notice.status]} ")
    yield from (first | {"inlines": [*sign, *first["inlines"]]}, *rest) if "inlines" in first else (rich(sign), first, *rest)
    if notice.excerpt:
        yield _claim(notice.excerpt, EXCERPT)
    if notice.outcome:
        yield rich(runs(f"What {short(notice.agent, NAME)} says", "italic"), spacing="Small")
        yield _claim(notice.outcome, OUTCOME)
    for remark in (*notice.labels[:LABELS], notice.run_id):
        yield rich(runs(short(inert_line(remark), LABEL), "small"), spacing="None")


def _claim(text: str, limit: int) -> Block:
    shown, more = beginning(inert(text), limit)
    return quoted(runs(shown), runs(f"{more_characters(more)} in the trace", "italic") if more else [])
