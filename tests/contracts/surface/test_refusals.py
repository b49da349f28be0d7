"""Who may not decide is told so alone, and nothing happens."""

from contextlib import suppress

import pytest

from storage.records import RequestStatus
from tests.contracts.surface.chat import Chat, NotPossible
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import RULES, House

FIXED = RULES.replace("    risk: high\n", "    risk: high\n    edit: forbidden\n", 1)
REFUSED = {
    "requester": ("anna", "You asked for this"),
    "other member": ("dan", "can decide on this"),
    "guest": ("zoe", "Guests cannot decide"),
    "from another organisation": ("olga", "other organisations"),
}


@feature("Requester, non-reviewers, guests and outsiders are refused, privately")
@pytest.mark.parametrize(("who", "why"), REFUSED.values(), ids=REFUSED)
async def test_who_may_not_decide_is_told_why_alone(house: House, chat: Chat, who: str, why: str) -> None:
    everybody = ", ".join(f"{name}@example.com" for name in ("anna", "ravi", "noor", "zoe"))
    house.stage.adopt(RULES.replace("ravi@example.com, noor@example.com", f"{everybody}, olga@elsewhere.example", 1))
    card = await house.ask()
    before = chat.said()
    for button in ("Approve", "Edit", "Reject"):
        assert why in await house.press(who, card, button), button
        assert not {"Reject", "Approve edited"} & set(chat.form_buttons(who) if chat.form(who) else ())
    assert chat.said() == before
    assert await house.status() is RequestStatus.pending


@feature("What the policy lets nobody edit has no Edit, and an old Edit is refused")
async def test_what_nobody_may_edit_is_approved_or_rejected_as_it_is(house: House, chat: Chat) -> None:
    old = await house.ask()
    house.stage.adopt(FIXED)
    assert "The policy lets nobody edit this" in await house.press("ravi", old, "Edit")
    assert "Approve edited" not in (chat.form_buttons("ravi") if chat.form("ravi") else ())
    card = await house.ask("300.00 lamp-shop")
    assert chat.buttons(card, "ravi") == ["Approve", "Reject"]
    await house.press("ravi", card, "Approve")
    assert house.paid == ["300.00 lamp-shop"]


@feature("A form that was opened before the policy forbade editing changes nothing")
async def test_an_edit_that_comes_after_the_policy_forbade_it_changes_nothing(house: House, chat: Chat) -> None:
    await house.press("ravi", await house.ask(), "Edit")
    house.stage.adopt(FIXED)
    with suppress(NotPossible):  # where it is said in the form, which stays open
        await house.send("ravi", "Approve edited", amount="300.00")
    assert "The policy became stricter" in chat.told("ravi")
    request = await house.request()
    assert (request.arguments["amount"], request.revision, request.verdict.editable) == ("480.00", 2, False)
    assert chat.buttons(await house.card(), "ravi") == ["Approve", "Reject"]
    assert house.paid == []


@feature("Accounts that were switched off neither ask nor decide")
async def test_an_account_that_is_gone_does_nothing(house: House, chat: Chat) -> None:
    house.stage.adopt(RULES.replace("ravi@", "gone@", 1))
    card = await house.ask()
    with pytest.raises(NotPossible):
        await chat.press("gone", card, "Approve")
    assert (await chat.surface.person(chat.key("gone"))).standing in ("deactivated", "stranger")


@feature("Reviewers named by group")
async def test_a_group_may_decide_and_nobody_else(house: House, chat: Chat) -> None:
    house.stage.adopt(RULES.replace("[ravi@example.com, noor@example.com]", f'["{chat.group}"]'))
    card = await house.ask()
    await house.press("dan", card, "Approve")
    assert house.paid == []
    await house.press("ravi", card, "Approve")
    assert house.paid == ["480.00 lamp-shop"]


@feature("A failure of Signoff's is a sentence, never a trace")
async def test_what_goes_wrong_inside_is_said_in_a_sentence(
    house: House, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    card = await house.ask()

    house.stage.policy.clear()  # the policy in force cannot be read: a defect of ours
    told = await house.press("ravi", card, "Approve")
    assert "Something went wrong inside Signoff" in told
    assert "IndexError" not in told
    assert "IndexError" in caplog.text
    assert house.paid == []
