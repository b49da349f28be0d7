"""Somebody who is behind a request under one account decides under none of their others either."""

from dataclasses import replace

import pytest

from bot.cards.text import plain
from bot.flow import keys
from bot.flow.accounts import API, person_named
from bot.flow.front_desk import FrontDesk
from bot.flow.outside import Asked, Once, submit
from bot.flow.surface import Known
from storage.records import Person, Proposal, Request
from tests.bot.flow.stage import Stage
from tests.fakes.surface import FakeSurface


class Teams(FakeSurface):
    """A second chat in which everybody has the address that they have in the first."""

    async def person(self, key: str) -> Known:
        user = key.rsplit(":", 1)[1]
        return Known(Person(key=key, name=user, email=f"{user}@example.com"), "member")


async def submitted(stage: Stage, owner: str, on_behalf_of: str | None) -> Request:
    """What another program asks for, with a key of that owner."""
    wanted = keys.Wanted("agent", person_named(owner, API), ("request", "report"))
    key, _ = await stage.store.write(lambda tx: keys.create(tx, stage.signoff.ids, wanted, "operator"))
    surfaces = {"slack": stage.surface, "teams": Teams()}
    stage.signoff = replace(stage.signoff, surfaces=surfaces, homes={"slack": "T1", "teams": "t2"})
    stage.desk = FrontDesk(stage.signoff)
    proposal = Proposal(action="pay", arguments={"amount": "480.00", "to": "shop"}, target="", summary="Pay.")
    behind = person_named(on_behalf_of, API) if on_behalf_of else None
    asked = replace(Asked("buyer", "1", proposal, "input"), on_behalf_of=behind)
    made, _ = await submit(stage.signoff, key, asked, Once("key", "body"))
    return made


@pytest.mark.parametrize(
    ("owner", "on_behalf_of"),
    [
        ("slack:T1:ravi", None),
        ("boss@example.com", "slack:T1:ravi"),
        ("boss@example.com", "teams:T2:RAVI"),
    ],
)
@pytest.mark.parametrize("account", ["teams:t2:ravi", "slack:T1:ravi"])
async def test_no_account_of_theirs_decides(stage: Stage, owner: str, on_behalf_of: str | None, account: str) -> None:
    request = await submitted(stage, owner, on_behalf_of)
    answer = await stage.desk.approve(stage.click(request, Person(key=account, name="Ravi")))
    assert not answer.ok, plain(answer.text)
    assert (await stage.read(lambda tx: tx.request(request.id))).status == "pending"
