"""Who is who in the tests of people: other accounts, delegates, and requests that no verb of the stage brings about."""

from dataclasses import dataclass

from bot.flow.humans import link
from bot.flow.ids import RandomIds
from bot.flow.surface import Known
from storage.records import Person, Request
from tests.bot.flow.stage import POLICY, Stage
from tests.fakes.surface import FakeSurface

TWO_PEOPLE = POLICY.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1)
THREE_PEOPLE = TWO_PEOPLE.replace("quorum: 2", "quorum: 3").replace("noor@", "dan@example.com, noor@")
ON_TEAMS = Person(key="teams:9f:ravi", name="R. Kumar")  # no address: only a link says whose it is


@dataclass
class FakeTeams(FakeSurface):
    """A second platform, on which everybody is a member without an address."""

    async def person(self, key: str) -> Known:
        return Known(Person(key=key, name=key.rsplit(":", 1)[1].title()), "member")


async def linked(stage: Stage, *people: Person) -> None:
    keys = [each.key for each in people]
    await stage.store.write(lambda tx: link(tx, RandomIds(), keys))


async def lent(stage: Stage, giver: Person, taker: Person) -> None:
    stage.clock.move(seconds=1)
    assert (await stage.type(f"delegate @{taker.user} until friday", giver)).ok
    stage.clock.move(seconds=1)


async def decisions(stage: Stage) -> list[tuple[str, str, str | None]]:
    made = await stage.read(lambda tx: tx.decisions(tx.requests(limit=1)[0].id))
    return [(each.verb, each.person.name, each.lent_by.name if each.lent_by else None) for each in made]


async def asked_again(stage: Stage, **values: object) -> Request:
    """A request like the last one in everything but these values, which no verb of this stage brings about."""
    request = (await stage.ask()).model_copy(update={"id": "req_again", **values})
    revision = (await stage.read(lambda tx: tx.revisions(tx.requests(limit=1)[0].id)))[0]
    again = revision.model_copy(update={"request_id": request.id})
    await stage.store.write(lambda tx: tx.add_request(request, again))
    return request
