"""What a comparison sees: a summary that names other sums, people or things than the arguments."""

import pytest

from agents.second_look.compare import disagreements, looked_at
from storage.records import JsonObject, Proposal, Risk

REFUND: JsonObject = {"charge": "ch_A1042", "amount": "480.00", "currency": "USD", "reason": "requested_by_customer"}
MAIL: JsonObject = {"to": "mia@example.com", "subject": "Re: Lamp", "body": "We refund 480.00 USD for A-1042."}


@pytest.mark.parametrize(
    ("summary", "arguments"),
    [
        ("Refund 480.00 USD to Mia for order A-1042.", REFUND),
        ("Refund $480 to Mia.", REFUND),
        ("Refund 480 dollars.", REFUND),
        ("Give Mia her money back.", REFUND),
        ("Erstatte 480,00 € für A-1042.", REFUND),
        ("Refund 1,480.00 USD.", {**REFUND, "amount": "1480.00"}),
        ("Refund 1.480,00 EUR.", {**REFUND, "amount": "1480.00"}),
        ("Refund USD 1'480.", {**REFUND, "amount": 1480}),
        ("Answer mia@example.com: she wants 480.00 USD for A-1042.", MAIL),
        ("Answer Mia@Example.com.", MAIL),
        ("Answer mia@example.com about order A-9999.", MAIL),  # a mail is not named by numbers
        ("Change the e-mail of Ana to ana@new.example.", {"customer": "cus_ana", "new": "ana@new.example"}),
        ("Change the phone number to +1 206 555 0199.", {"customer": "cus_wei", "new": "+1 206 555 0199"}),
        ("Pay 3 invoices in 2026.", {"amount": "12.00"}),
        ("Send the report.", {"deep": {"list": ["a", 1, True, None]}}),
        ("", {}),
    ],
)
def test_a_summary_that_says_what_the_arguments_do_is_not_marked(summary: str, arguments: JsonObject) -> None:
    assert disagreements(summary, "cus_mia", arguments) == ()


@pytest.mark.parametrize(
    ("summary", "arguments", "says"),
    [
        ("Refund 48.00 USD to Mia.", REFUND, "speaks of 48.00, but the arguments say 480.00"),
        ("Refund $4,800 to Mia.", REFUND, "speaks of 4800.00"),
        ("Refund 480 USD, the limit is 500 USD.", REFUND, "speaks of 500.00"),
        ("Refund 300 USD.", {"lines": [{"amount": 300}, {"amount": 9000}]}, "The arguments say 9000.00"),
        ("Answer ravi@example.com.", MAIL, "speaks of ravi@example.com"),
        ("Answer mia@example.com.evil.example.", MAIL, "mia@example.com.evil.example"),
        ("Refund order A-1038.", REFUND, "speaks of a-1038"),
        ("Delete the data of cus_17.", {"customer": "cus_71", "what": "account"}, "speaks of cus_17"),
        ("Answer: we pay 100 EUR.", MAIL, "speaks of 100.00, but the arguments say no such sum"),
    ],
)
def test_a_summary_that_says_something_else_is_told(summary: str, arguments: JsonObject, says: str) -> None:
    assert any(says in told for told in disagreements(summary, "x", arguments))


def test_a_secret_is_not_told_by_comparing() -> None:
    told = disagreements("Pay 10 USD.", "x", {"amount": "12345.00"}, secrets={"amount"})
    assert "12345" not in " ".join(told)


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, Risk.high), (Risk.low, Risk.high), (Risk.high, Risk.high), (Risk.critical, Risk.critical)],
)
def test_a_disagreement_marks_the_card_and_only_raises_the_risk(before: Risk | None, after: Risk) -> None:
    proposal = Proposal(
        action="pay", arguments=REFUND, target="ch_A1042", summary="Refund 1 USD.", risk=before, labels=("Offline",)
    )
    looked = looked_at(proposal)

    assert looked.risk is after
    assert looked.labels[-1] == "Offline"
    assert looked.labels[0].startswith("The summary speaks of 1.00")
    assert looked_at(looked) == looked


@pytest.mark.parametrize("risk", [None, *Risk])
def test_agreement_changes_nothing(risk: Risk | None) -> None:
    proposal = Proposal(
        action="pay", arguments=REFUND, target="x", summary="Refund 480 USD.", risk=risk, labels=("Offline",)
    )

    assert looked_at(proposal) is proposal


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["1", "1,", "1.111", "a@", "a-1", "$1 ", "9 999 ", "x.y@", "\u202e"])
def test_a_hostile_summary_costs_no_time(piece: str) -> None:
    disagreements(f"$1 {piece * 20_000}", "x", {"amount": piece * 20_000, "body": piece * 20_000})
