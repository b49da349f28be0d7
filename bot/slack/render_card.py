"""A card as a Slack message that can be reviewed in under 30 seconds on a phone.

Order: what it is, how it stands and how risky it is, the arguments, what an editor changed, then, set off, what the
agent claims, then who and when, then the buttons. Everything fits Slack's limits. What does not is shown from its
beginning, with the number of characters that are missing, and then the card cannot be approved unread: a dialog holds
the whole text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

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
    quorum,
    short,
    worth_showing,
)
from bot.cards.inert import host, inert
from bot.cards.text import Quote, Text
from bot.flow.binding import UNREAD, Purpose, Stamp
from bot.slack import limits, names
from bot.slack.fold import Fold
from bot.slack.render_text import (
    Block,
    moment,
    notification,
    paragraphs,
    part,
    plain_text,
    preformatted,
    quoted,
    rich,
    section,
)
from storage.records import Evidence, RequestStatus, Risk

RISK_EMOJI = {
    Risk.low: "large_green_circle",
    Risk.medium: "large_yellow_circle",
    Risk.high: "large_orange_circle",
    Risk.critical: "red_circle",
}
STATE_EMOJI = {
    RequestStatus.approved: "hourglass_flowing_sand",
    RequestStatus.executing: "hourglass_flowing_sand",
    RequestStatus.succeeded: "white_check_mark",
    RequestStatus.failed: "x",
    RequestStatus.unknown: "warning",
    RequestStatus.rejected: "no_entry",
    RequestStatus.expired: "hourglass",
    RequestStatus.cancelled: "no_entry",
}

ACTIONS: Mapping[Purpose, str] = {
    "approve": names.APPROVE,
    "edit": names.EDIT,
    "reject": names.REJECT,
    "read": names.READ,
}


@dataclass(frozen=True)
class Rendered:
    """A message: `text` for notifications and screen readers, the blocks, and the metadata that names the subject."""

    text: str
    blocks: list[Block]
    metadata: Block


def render_card(card: Card, stamp: Stamp, *, brief: bool = False) -> Rendered:
    """The message of a card, its buttons sealed. `brief` shows next to nothing of others' text, for when Slack does not take
    the whole."""
    blocks = _blocks(card, stamp, Fold(SHARES[-1])) if brief else _fitting(card, stamp)
    return Rendered(_fallback(card), blocks, metadata(names.REQUEST_EVENT, "request_id", card.request_id))


def metadata(event: str, key: str, subject: str) -> Block:
    """Message metadata. Any app in the workspace may read it, so it holds an id and nothing else
    (https://docs.slack.dev/messaging/message-metadata)."""
    return {"event_type": event, "event_payload": {key: subject}}


def fits(blocks: list[Block]) -> bool:
    """Whether Slack takes the blocks of a message as a whole."""
    return json_length(blocks) <= limits.MESSAGE_BLOCKS_JSON_BUDGET and len(blocks) <= limits.MESSAGE_BLOCKS


def json_length(blocks: list[Block]) -> int:
    """Characters of the blocks as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))


def headed(card: Card) -> Iterator[Block]:
    """The header, and the line that says how it stands."""
    yield {"type": "header", "text": plain_text(card.heading, limits.HEADER_TEXT)}
    emoji = STATE_EMOJI.get(card.status) or RISK_EMOJI[card.risk]
    state = ({"type": "emoji", "name": emoji}, part(f" {card.state}", "bold"))
    yield rich(section(*state, part(f" · {card.risk.capitalize()} risk · for "), part(short(card.target, TARGET), "bold")))


def _fitting(card: Card, stamp: Stamp) -> list[Block]:
    tries = (_blocks(card, stamp, Fold(share)) for share in SHARES)
    return next(blocks for blocks in tries if fits(blocks))


def _blocks(card: Card, stamp: Stamp, fold: Fold) -> list[Block]:
    decided = not card.buttons
    story = _story(card, fold)
    zones = [story, *_action(card, fold)] if decided else [*_action(card, fold), story]
    blocks = [*headed(card), *(rich(*zone) for zone in zones if zone), {"type": "divider"}]
    blocks += [rich(*_claims(card, fold)), _context(card, fold)]
    buttons = _buttons(card, stamp, unread=fold.missing or len(inert(card.target)) > TARGET)
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def _action(card: Card, fold: Fold) -> list[list[Block]]:
    """What will happen, rendered by us from the canonical arguments; then what an editor changed."""
    edited = {change.name for change in card.changes}
    count, more = fold.some(len(card.fields), FIELDS, "arguments")
    fields = [block for field in card.fields[:count] for block in _field(field, field.name in edited, fold)]
    count, more_changes = fold.some(len(card.changes), FIELDS, "changes")
    changes = [block for change in card.changes[:count] for block in _change(change, fold)]
    who = short(card.editor.name, NAME) if card.editor else "a reviewer"
    title = [section(part(f"What {who} changed", "bold"))] if card.changes else []
    return [[*fields, *more], _remarked(card, fold), [*title, *changes, *more_changes]]


def _remarked(card: Card, fold: Fold) -> list[Block]:
    """What a reader must know about what is shown above."""
    count, more = fold.some(len(card.remarks), REMARKS, "remarks")
    told = [section({"type": "emoji", "name": "warning"}, part(f" {short(each, REMARK)}")) for each in card.remarks[:count]]
    return [*told, *more]


def _field(field: CardField, edited: bool, fold: Fold) -> Iterator[Block]:
    label = part(short(field.label, NAME) + (" (edited)" if edited else "") + ": ", "bold")
    shown, more = fold(field.value, worth_showing(field.value))
    if field.long and shown:
        yield section(label)
        yield preformatted(shown)
        if more:
            yield section(*more)
    else:
        yield section(label, part(shown), *more)


def _change(change: Change, fold: Fold) -> Iterator[Block]:
    """A short change on one line; of a long one what it was, because what it is stands above."""
    label = short(change.label, NAME)
    before, more = fold(change.before, worth_showing(change.before))
    if len(change.before) + len(change.after) <= REMARK and "\n" not in change.before + change.after:
        yield section(part(f"{label}: "), part(before, "strike"), *more, part(" → "), part(change.after, "bold"))
    else:
        yield section(part(f"{label} was:"))
        yield preformatted(before)
        if more:
            yield section(*more)


def _claims(card: Card, fold: Fold) -> Iterator[Block]:
    """What the agent, a customer or a model said: marked, inert, never mixed with the above."""
    yield section(part(f"What {short(card.agent, NAME)} says · not verified", "bold"))
    summary, more = fold(card.summary, SUMMARY)
    yield quoted(part(summary), *more)
    for number, item in enumerate(card.evidence, start=1):
        yield from _source(number, item, fold)


def _source(number: int, item: Evidence, fold: Fold) -> Iterator[Block]:
    title, more_title = fold(item.title, TITLE)
    link, more_link = fold(host(item.link), TITLE) if item.link else ("", [])
    where = [part(f" · {link}", "italic"), *more_link] if link else []
    yield section(part(f"Source {number}: "), part(title, "bold"), *more_title, *where)
    shown, more = fold(item.quote, QUOTE)
    yield quoted(part(shown), *more)


def _story(card: Card, fold: Fold) -> list[Block]:
    count, more = fold.some(len(card.lines), LINES, "lines")
    return [*more, *(block for line in card.lines[len(card.lines) - count :] for block in paragraphs(_folded(line, fold)))]


def _folded(line: Text, fold: Fold) -> Text:
    def shown(span: Quote) -> Quote:
        text, more = fold(span.text, SUMMARY)
        return span.model_copy(update={"text": text + "".join(piece["text"] for piece in more)})

    return tuple(shown(span) if isinstance(span, Quote) else span for span in line)


def _context(card: Card, fold: Fold) -> Block:
    texts = [
        f"Asked by {short(card.requester.name, NAME)} through {short(card.agent, NAME)}",
        quorum(card) if card.buttons else "",
        _remarks(card.reasons, fold),
        _remarks(card.labels, fold),
        f"{card.request_id} · revision {card.revision}",
    ]
    elements: list[Block] = [plain_text(text, limits.SECTION_TEXT) for text in texts if text]
    if card.buttons:
        elements.insert(2, {"type": "mrkdwn", "text": f"Expires {moment(card.expires_at)}", "verbatim": True})
    return {"type": "context", "elements": elements}


def _remarks(texts: Iterable[str], fold: Fold) -> str:
    shown, more = fold(" ".join(texts), REMARK)
    return shown + "".join(piece["text"] for piece in more)


def _buttons(card: Card, stamp: Stamp, *, unread: bool) -> list[Block]:
    """The buttons; a card that does not show everything has none that approves, nor the seal to do so."""
    if not card.buttons:
        return [_button(card, stamp, "read", "Read all")] if unread else []
    approve = (
        _button(card, stamp, "read", "Open to review", "primary")
        if unread
        else _button(card, stamp, "approve", "Approve", "primary")
    )
    buttons = {"approve": approve, "edit": _button(card, stamp, "edit", "Edit", page=UNREAD if unread else 0),
               "reject": _button(card, stamp, "reject", "Reject", "danger")}  # fmt: skip
    return [button for verb, button in buttons.items() if verb in card.buttons]


def _button(card: Card, stamp: Stamp, purpose: Purpose, label: str, style: str | None = None, page: int = 0) -> Block:
    about = plain_text(f"{label}: {card.heading}, {card.target}", limits.BUTTON_ACCESSIBILITY_LABEL)["text"]
    button: Block = {
        "type": "button",
        "action_id": ACTIONS[purpose],
        "text": plain_text(label, limits.BUTTON_TEXT),
        "value": stamp.value(card, purpose, page),
        "accessibility_label": about,
    }
    return button | {"style": style} if style else button


def _fallback(card: Card) -> str:
    """For notifications, which are read on lock screens: neither arguments nor a target."""
    return notification(f"{card.state}: {card.heading} ({card.risk} risk), asked by {card.requester.name}")
