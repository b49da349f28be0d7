"""Cards, notices and forms to render, and rendered blocks as the words that people read."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.cards.card import Card, CardField, Change, Notice
from bot.cards.form import NOTES, Form, FormField, reject_fields
from bot.cards.text import Who, bold, quote, words
from bot.flow.binding import Stamp
from bot.flow.seals import Seals
from bot.slack.render_text import Block
from storage.records import Evidence, Person, RequestStatus, Risk, RunStatus

MIA = Person(key="slack:T0SANDBOX:U0MIA", name="Mia Chen")
NOAH = Person(key="slack:T0SANDBOX:U0NOAH", name="Noah Berg")
FINGERPRINT = "f" * 64
STAMP = Stamp(Seals([bytes(32)]), "slack", "T0SANDBOX", MIA.key)
EXPIRES = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)

CARD = Card(
    request_id="req_1",
    revision=1,
    fingerprint=FINGERPRINT,
    status=RequestStatus.pending,
    heading="Refund a payment",
    state="Needs approval",
    risk=Risk.high,
    target="order 4711",
    fields=(
        CardField(name="amount", label="Amount", value="480.00"),
        CardField(name="currency", label="Currency", value="USD"),
        CardField(name="reason", label="Reason", value="The lamp arrived broken.\nPhotos are attached.", long=True),
    ),
    changes=(),
    summary="The customer asks for the price of a broken lamp.",
    evidence=(
        Evidence(title="Refund rules", quote="Broken on arrival: full refund.", link="https://help.example.com/refunds"),
        Evidence(title="Order 4711", quote="480.00 USD, delivered 20 November"),
    ),
    labels=("offline model",),
    agent="support",
    run_id="run_1",
    requester=MIA,
    reasons=("Refunds need a person.",),
    quorum=1,
    approvals=(),
    expires_at=EXPIRES,
    lines=(),
    buttons=("approve", "edit", "reject"),
)


def card(**changes: Any) -> Card:
    """The example card with other fields."""
    return CARD.model_copy(update=changes)


def decided(status: RequestStatus, state: str, **changes: Any) -> Card:
    """The example card after its end."""
    return card(status=status, state=state, buttons=(), **changes)


LONG = "\n".join(f"Line {number} of a long letter to a customer." for number in range(400))

SECOND = card(quorum=2, approvals=(NOAH,), lines=(words(bold("Approved"), " by ", Who(person=NOAH), " · 10:02 UTC"),))
EDITED = card(
    revision=2,
    fields=(CardField(name="amount", label="Amount", value="300.00"), *CARD.fields[1:]),
    changes=(Change(name="amount", label="Amount", before="480.00", after="300.00"),),
)
REJECTED = decided(
    RequestStatus.rejected,
    "Rejected",
    lines=(
        words(
            bold("Rejected"),
            " by ",
            Who(person=NOAH),
            " · 10:02 UTC: Not enough evidence",
            quote("Where is the photo?", block=True),
        ),
    ),
)
EXPIRED = decided(RequestStatus.expired, "Expired", lines=(words("This expired at 18:40 UTC. Nothing was done."),))
DONE = decided(RequestStatus.succeeded, "Approved and done", lines=(words(bold("Done: "), quote("Refunded 480.00 USD.")),))
FAILED = decided(RequestStatus.failed, "Approved, but failed", lines=(words(bold("Failed: "), quote("billing refused")),))
UNKNOWN = decided(
    RequestStatus.unknown, "Approved, outcome unknown", lines=(words(bold("Outcome unknown: "), quote("reset")),)
)
TOO_LONG = card(fields=(CardField(name="body", label="Body", value=LONG, long=True),))

CARDS = {
    "pending": CARD,
    "second approver": SECOND,
    "edited": EDITED,
    "rejected": REJECTED,
    "expired": EXPIRED,
    "executed": DONE,
    "failed": FAILED,
    "unknown": UNKNOWN,
    "too long": TOO_LONG,
    "too long, decided": decided(RequestStatus.succeeded, "Approved and done", fields=TOO_LONG.fields),
    "bare": card(fields=(), summary="", evidence=(), labels=(), reasons=(), target=""),
}

NOTICE = Notice(
    run_id="run_1",
    agent="support",
    status=RunStatus.waiting,
    headline=words(bold("support"), " waits for a decision · asked by ", Who(person=MIA)),
    excerpt="My lamp arrived broken.",
    outcome=None,
    labels=("offline model",),
)

FIELDS = (
    FormField(
        name="amount", label="Amount", hint="In dollars", kind="number", value="480.00", minimum="0.01", maximum="1E+3"
    ),
    FormField(name="days", label="Days", kind="integer", value=3, required=False),
    FormField(name="to", label="To", kind="email", value="mia@example.com"),
    FormField(name="subject", label="Subject", kind="text", value="Your lamp", min_length=1, max_length=78),
    FormField(name="body", label="Body", kind="lines", value="Dear Mia,\nsorry."),
    FormField(name="notify", label="Notify", kind="boolean", value=True),
    FormField(name="why", label="Why", kind="choice", value="broken", choices={"broken": "Broken", "late": "Too late"}),
    FormField(name="day", label="Day", kind="date", value="2026-11-22"),
    NOTES,
)


def edit_form(*fields: FormField) -> Form:
    """An edit form."""
    return Form(
        purpose="edit",
        request_id="req_1",
        revision=1,
        fingerprint=FINGERPRINT,
        title="Edit: Refund a payment by card",
        intro="What you send here is judged again and counts as your approval of exactly these values.",
        submit="Approve edited",
        fields=fields or FIELDS,
    )


REJECT = edit_form(*reject_fields()).model_copy(update={"purpose": "reject", "title": "Reject", "submit": "Reject"})


def read(blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """What people read, a line for each paragraph; buttons as `[label]`."""
    return [line for block in blocks for line in _lines(block)]


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header" | "section":
            yield block["text"]["text"]
        case "divider":
            yield "---"
        case "context":
            yield " | ".join(element["text"] for element in block["elements"])
        case "actions":
            yield " ".join(f"[{element['text']['text']}]" for element in block["elements"])
        case "input":
            yield f"{block['label']['text']}: {block['element']['type']}"
        case "rich_text":
            for element in block["elements"]:
                yield _paragraph(element)


def _paragraph(element: Block) -> str:
    start = {"rich_text_quote": "> ", "rich_text_preformatted": "| "}.get(element["type"], "")
    return start + "".join(_piece(piece) for piece in element["elements"])


def _piece(piece: Block) -> str:
    match piece["type"]:
        case "text":
            mark = {"bold": "*", "strike": "~"}.get(next(iter(piece.get("style", {})), ""), "")
            return f"{mark}{piece['text']}{mark}"
        case "emoji":
            return f":{piece['name']}:"
        case "user":
            return f"<@{piece['user_id']}>"
        case "date":
            return str(piece["fallback"])
    raise AssertionError(f"nothing of ours makes a {piece['type']}")


def pieces(value: Any) -> Iterator[Block]:
    """Every object with a `type` within blocks or a view."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for inner in value.values():
            yield from pieces(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pieces(inner)
