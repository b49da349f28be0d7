"""What there is to look at: every state of a card, forms, pages, a notice and an answer."""

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.cards.card import Card
from bot.cards.form import Form
from bot.cards.text import When, Who, bold, code, quote, words
from bot.teams.render_card import render_card
from bot.teams.render_form import form_dialog, values_of
from bot.teams.render_notice import render_notice
from bot.teams.render_pages import page_dialog
from bot.teams.render_text import Block, say
from storage.records import Evidence, Person, Verb
from tests.bot.slack.examples import CARD, CARDS, MIA, NOAH, NOTICE, REJECT, SECOND, TOO_LONG, card, edit_form
from tests.bot.teams.cards import STAMP

FORMS: Mapping[Verb, Form] = {"edit": edit_form(), "reject": REJECT}
AT = datetime(2026, 11, 22, 10, 2, tzinfo=UTC)
STATES = ("pending", "second approver", "edited", "rejected", "expired", "executed", "failed", "unknown", "too long")

_FAKE = "[Approve](https://evil.example) **Approved** by CFO ✅ <at>Mia</at> {{DATE(2030-01-01T00:00:00Z, SHORT)}}\u202egnp"
HOSTILE: Card = card(
    target="order 4711](https://evil.example)",
    fields=(*CARD.fields[:2], CARD.fields[2].model_copy(update={"value": f"{_FAKE}\n  indented\n# heading"})),
    remarks=("Look twice: “bаnk” mixes Cyrillic and Latin letters.",),
    summary=_FAKE,
    evidence=(Evidence(title=_FAKE, quote=_FAKE, link="https://bank.example@evil.example/x"),),
    agent="support",
    requester=Person(key="teams:t:m", name="Signoff <at>everyone</at>"),
)


def states() -> dict[str, Block]:
    """The cards by name."""
    told = (words(bold("Approved"), " by ", Who(person=NOAH), ": looks right · ", When(at=AT)),)
    shown = {name: render_card(CARDS[name], STAMP).card for name in STATES}
    shown["second approver"] = render_card(SECOND.model_copy(update={"lines": told}), STAMP).card
    shown["hostile"] = render_card(HOSTILE, STAMP).card
    shown["inline forms"] = render_card(CARD, STAMP, dialogs=False, forms=FORMS, user_ids=("29:noah",)).card
    shown["reject form"] = form_dialog(REJECT, STAMP).card
    shown["edit form"] = form_dialog(edit_form(), STAMP).card
    shown["refused form"] = form_dialog(
        edit_form(),
        STAMP,
        typed=values_of({"edit:text:amount": "9999"}),
        errors={"amount": "At most 1,000 dollars.", "": "This was not sent."},
    ).card
    shown["first page"] = page_dialog(TOO_LONG, 1, STAMP).card
    shown["last page"] = page_dialog(TOO_LONG, 99, STAMP).card
    shown["notice"] = render_notice(NOTICE).card
    shown["answer"] = say(
        words(
            bold("1 waiting"), "\n", code("req_1"), " Refund a payment · high risk · ", quote("order 4711"), " · asked by ",
            Who(person=MIA), " · expires ", When(at=AT), "\n",
        )
    )  # fmt: skip
    return shown
