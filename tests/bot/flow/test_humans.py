"""Links between accounts, as an operator makes them."""

import pytest

from bot.flow.humans import MOST, TooManyAccounts, humans_of, unlink
from tests.bot.flow.casting import linked
from tests.bot.flow.stage import ANNA, DAN, NOOR, RAVI, Stage
from tests.fakes.surface import person


async def test_links_are_joined_and_taken_apart(stage: Stage) -> None:
    async def groups() -> list[list[str]]:
        found = await stage.read(lambda tx: humans_of(tx.identities()))
        return sorted(sorted(each.person.user for each in accounts) for accounts in found.values())

    await linked(stage, ANNA, DAN)
    await linked(stage, RAVI, NOOR)
    assert await groups() == [["anna", "dan"], ["noor", "ravi"]]
    await linked(stage, DAN, RAVI)
    assert await groups() == [["anna", "dan", "noor", "ravi"]]
    left = await stage.store.write(lambda tx: unlink(tx, NOOR.key))
    assert sorted(left or ()) == sorted([ANNA.key, DAN.key, RAVI.key])
    assert await stage.store.write(lambda tx: unlink(tx, NOOR.key)) is None
    await stage.store.write(lambda tx: unlink(tx, RAVI.key))
    assert await stage.store.write(lambda tx: unlink(tx, DAN.key)) == []
    assert await groups() == []
    entries = await stage.read(lambda tx: tx.audit_entries())
    assert [each.event for each in entries] == ["people.linked"] * 3 + ["people.unlinked"] * 3


async def test_linking_what_is_linked_already_changes_nothing(stage: Stage) -> None:
    for _ in range(2):
        await linked(stage, ANNA, DAN)
    assert len(await stage.read(lambda tx: tx.audit_entries())) == 1


async def test_one_human_has_only_so_many_accounts(stage: Stage) -> None:
    with pytest.raises(TooManyAccounts, match="Nothing was done"):
        await linked(stage, *(person(f"p{number}") for number in range(MOST + 1)))
    assert await stage.read(lambda tx: tx.identities()) == []
