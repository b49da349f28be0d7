"""A card as an Adaptive Card that can be reviewed in under 30 seconds on a phone.

The words and their order are those of `bot.slack.render_card`: what it is, how it stands and how risky it is, the arguments,
what an editor changed, then, set off, what the agent claims, then who and when, then the buttons. What does not fit is shown
from its beginning, with the number of characters that are missing, and then the card cannot be approved unread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.cards.card import Card, CardField, Change
from bot.cards.fold import (
    FIELDS,
    LINES,
    NAME,
    QUOTE,
    REMARK,
    REMARKS,
    SHARES,
    SUMMARY,
    TARGET,
    TITLE,
    Fold,
    quorum,
    short,
    worth_showing,
)
from bot.cards.form import Form
from bot.cards.inert import host, inert, inert_line
from bot.cards.text import Quote, Text
from bot.flow.binding import UNREAD, Purpose, Stamp
from bot.teams import limits
from bot.teams.actions import DESTRUCTIVE, POSITIVE, data_of, execute, fetch, refresh
from bot.teams.render_form import inline_form
from bot.teams.render_text import Block, adaptive, box, claimed, moment, notification, paragraphs, quoted, rich, runs, size
from storage.records import Evidence, RequestStatus, Risk, Verb

RISK_SIGNS = {Risk.low: "🟢", Risk.medium: "🟡", Risk.high: "🟠", Risk.critical: "🔴"}
STATE_SIGNS = {
    RequestStatus.approved: "⏳",
    RequestStatus.executing: "⏳",
    RequestStatus.succeeded: "✅",
    RequestStatus.failed: "❌",
    RequestStatus.unknown: "⚠️",
    RequestStatus.rejected: "⛔",
    RequestStatus.expired: "⌛",
    RequestStatus.cancelled: "⛔",
    RequestStatus.blocked: "⛔",
}
# The ground on which the head of a card stands; never the only sign of anything.
GROUNDS = {
    RequestStatus.approved: "accent",
    RequestStatus.executing: "accent",
    RequestStatus.succeeded: "good",
    RequestStatus.failed: "attention",
    RequestStatus.unknown: "warning",
}
RISK_GROUNDS = {Risk.low: "good", Risk.medium: "warning", Risk.high: "warning", Risk.critical: "attention"}


@dataclass(frozen=True)
class Rendered:
    """A message: `text` for notifications, and the card, to be sent as the only attachment."""

    text: str
    card: Block


@dataclass(frozen=True)
class Manner:
    """How the buttons of a card work: by dialogs, or with `forms` within the card; whose views are refreshed."""

    dialogs: bool = True
    forms: Mapping[Verb, Form] = field(default_factory=dict)
    user_ids: tuple[str, ...] = ()


def render_card(
    card: Card,
    stamp: Stamp,
    *,
    brief: bool = False,
    dialogs: bool = True,
    forms: Mapping[Verb, Form] | None = None,
    user_ids: Sequence[str] = (),
) -> Rendered:
    """The message of a card, its buttons sealed.

    `brief` shows next to nothing of others' text, for when Teams does not take the whole. Without `dialogs`, `forms` unfold
    within the card, for `stamp.reader` alone; a verb without a form asks for a card that has it. `user_ids` are the ids on
    Teams of those who get a view of their own; raises ValueError for more than 60.
    """
    manner = Manner(dialogs, {} if dialogs else forms or {}, tuple(user_ids))
    shown = _whole(card, stamp, manner, Fold(SHARES[-1])) if brief else _fitting(card, stamp, manner)
    return Rendered(_summary(card), shown)


def fits(card: Block) -> bool:
    """Whether a card is within what Signoff allows itself."""
    return size(card) <= limits.CARD


def headed(card: Card) -> Block:
    """What it is, and how it stands."""
    sign = STATE_SIGNS.get(card.status) or RISK_SIGNS[card.risk]
    ground = RISK_GROUNDS[card.risk] if card.status is RequestStatus.pending else GROUNDS.get(card.status, "emphasis")
    title = [run | {"size": "Large"} for run in runs(short(inert_line(card.heading), 150), "bold")]
    state = (runs(f"{sign} {card.state}", "bold"), runs(f" · {card.risk.capitalize()} risk · for "))
    line = rich(*state, runs(short(card.target, TARGET), "bold"), spacing="Small")
    return box([rich(title), line], style=ground, bleed=True)


def told(card: Card) -> str:
    """What is read out: our words, and none of anybody else's."""
    return f"{card.state}, {card.risk} risk. Request {card.request_id}. Open Teams to see it."


def said_by(card: Card) -> Block:
    """The head of what the agent, a customer or a model said."""
    return rich(runs(f"What {short(card.agent, NAME)} says · not verified", "bold"))


def _fitting(card: Card, stamp: Stamp, manner: Manner) -> Block:
    """As much as fits; rather less of a form, which can be asked for, than of the card."""
    manners = (manner, Manner(manner.dialogs, {}, manner.user_ids)) if manner.forms else (manner,)
    tries = (_whole(card, stamp, each, Fold(share)) for share in SHARES for each in manners)
    return next(filter(fits, tries))


def _whole(card: Card, stamp: Stamp, manner: Manner, fold: Fold) -> Block:
    story = _story(card, fold)
    action = [*_fields(card, fold), *_remarked(card, fold), *_changes(card, fold)]
    zones = [action, story] if card.buttons else [story, action]
    body = [
        headed(card),
        *(box(zone, spacing="Medium") for zone in zones if zone),
        box([*_claims(card, fold)], style="emphasis", spacing="Medium"),
    ]
    body.append(box([*_context(card, fold)], spacing="Medium"))
    buttons = _buttons(card, stamp, manner, unread=fold.missing or len(inert(card.target)) > TARGET)
    views = refresh(card, stamp, manner.user_ids) if card.buttons else {}
    return adaptive(body, buttons, told=told(card)) | views


def _fields(card: Card, fold: Fold) -> Iterator[Block]:
    """What will happen, rendered by us from the canonical arguments."""
    edited = {change.name for change in card.changes}
    count, more = fold.some(len(card.fields), FIELDS, "arguments")
    for each in card.fields[:count]:
        yield from _field(each, each.name in edited, fold)
    yield from _noted(more)


def _field(shown: CardField, edited: bool, fold: Fold) -> Iterator[Block]:
    label = runs(short(shown.label, NAME) + (" (edited)" if edited else "") + ":", "bold")
    value, more = fold.text(shown.value, worth_showing(shown.value))
    if shown.long and value:
        yield rich(label, spacing="Small")
        yield quoted(runs(value))
        yield from _noted(more)
    else:
        yield rich(label, runs(" "), runs(value), _more(more), spacing="Small")


def _remarked(card: Card, fold: Fold) -> Iterator[Block]:
    """What a reader must know about what is shown above."""
    count, more = fold.some(len(card.remarks), REMARKS, "remarks")
    yield from (rich(runs(f"⚠️ {short(each, REMARK)}"), spacing="Small") for each in card.remarks[:count])
    yield from _noted(more)


def _changes(card: Card, fold: Fold) -> Iterator[Block]:
    count, more = fold.some(len(card.changes), FIELDS, "changes")
    who = short(card.editor.name, NAME) if card.editor else "a reviewer"
    if card.changes:
        yield rich(runs(f"What {who} changed", "bold"), spacing="Medium")
    for each in card.changes[:count]:
        yield from _change(each, fold)
    yield from _noted(more)


def _change(change: Change, fold: Fold) -> Iterator[Block]:
    """A short change on one line; of a long one what it was, because what it is stands above."""
    label = short(change.label, NAME)
    before, more = fold.text(change.before, worth_showing(change.before))
    if len(change.before) + len(change.after) <= REMARK and "\n" not in change.before + change.after:
        after = runs(change.after, "bold")
        yield rich(runs(f"{label}: "), runs(before, "strike"), _more(more), runs(" → "), after, spacing="Small")
    else:
        yield rich(runs(f"{label} was:"), spacing="Small")
        yield quoted(runs(before))
        yield from _noted(more)


def _claims(card: Card, fold: Fold) -> Iterator[Block]:
    """What the agent, a customer or a model said: marked, inert, never mixed with the above."""
    yield said_by(card)
    summary, more = fold.text(card.summary, SUMMARY)
    yield claimed(runs(summary), _more(more))
    for number, item in enumerate(card.evidence, start=1):
        yield from _source(number, item, fold)


def _source(number: int, item: Evidence, fold: Fold) -> Iterator[Block]:
    title, more_title = fold.text(item.title, TITLE)
    link, more_link = fold.text(host(item.link), TITLE) if item.link else ("", "")
    where = (runs(f" · {link}", "italic"), _more(more_link)) if link else ()
    yield rich(runs(f"Source {number}: "), runs(title, "bold"), _more(more_title), *where, spacing="Small")
    shown, more = fold.text(item.quote, QUOTE)
    yield claimed(runs(shown), _more(more))


def _story(card: Card, fold: Fold) -> list[Block]:
    count, more = fold.some(len(card.lines), LINES, "lines")
    told = card.lines[len(card.lines) - count :]
    return [*_noted(more), *(block for line in told for block in paragraphs(_folded(line, fold)))]


def _folded(line: Text, fold: Fold) -> Text:
    def shown(span: Quote) -> Quote:
        return span.model_copy(update={"text": "".join(fold.text(span.text, SUMMARY))})

    return tuple(shown(span) if isinstance(span, Quote) else span for span in line)


def _context(card: Card, fold: Fold) -> Iterator[Block]:
    yield _small(f"Asked by {short(card.requester.name, NAME)} through {short(card.agent, NAME)}")
    if card.buttons:
        yield _small(quorum(card))
        yield moment(card.expires_at, "Expires ")
    for remarks in (card.reasons, card.labels):
        if text := _joined(remarks, fold):
            yield _small(text)
    yield _small(f"{card.request_id} · revision {card.revision}")


def _joined(texts: Iterable[str], fold: Fold) -> str:
    return "".join(fold.text(" ".join(texts), REMARK))


def _small(text: str) -> Block:
    return rich(runs(inert_line(text), "small"), spacing="None")


def _more(text: str) -> list[Block]:
    return runs(text, "italic") if text else []


def _noted(text: str) -> list[Block]:
    """A paragraph that says what is not shown."""
    return [rich(runs(text.strip(), "italic"), spacing="Small")] if text else []


def _buttons(card: Card, stamp: Stamp, manner: Manner, *, unread: bool) -> list[Block]:
    """The buttons; a card that does not show everything has none that approves, nor the seal to do so."""
    if not card.buttons:
        return [_opens(card, stamp, manner, "read", "Read all")] if unread else []
    approve = (
        _opens(card, stamp, manner, "read", "Open to review", style=POSITIVE)
        if unread
        else execute("Approve", data_of("approve", stamp.value(card, "approve")), **POSITIVE)
    )
    buttons = {"approve": approve, "edit": _edits(card, stamp, manner, UNREAD if unread else 0),
               "reject": _rejects(card, stamp, manner)}  # fmt: skip
    return [button for verb, button in buttons.items() if verb in card.buttons]


def _edits(card: Card, stamp: Stamp, manner: Manner, page: int) -> Block:
    form = manner.forms.get("edit")
    return inline_form(form, stamp, page) if form else _opens(card, stamp, manner, "edit", "Edit", page)


def _rejects(card: Card, stamp: Stamp, manner: Manner) -> Block:
    form = manner.forms.get("reject")
    return inline_form(form, stamp) if form else _opens(card, stamp, manner, "reject", "Reject", style=DESTRUCTIVE)


def _opens(
    card: Card, stamp: Stamp, manner: Manner, purpose: Purpose, title: str, page: int = 0, style: Block | None = None
) -> Block:
    """A button that opens a dialog or, without dialogs, is answered with a card."""
    data = data_of(purpose, stamp.value(card, purpose, page))
    return (fetch if manner.dialogs else execute)(title, data, **(style or {}))


def _summary(card: Card) -> str:
    """For notifications, which are read on lock screens: neither arguments nor a target."""
    return notification(f"{card.state}: {card.heading} ({card.risk} risk), asked by {card.requester.name}")
