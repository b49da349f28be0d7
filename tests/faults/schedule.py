"""What happens in a simulated world: drawn from a seed, played, and brought to rest.

Each seed takes part of what can happen and of what can go wrong (swarm testing: a run with everything in it rarely goes far
into any one thing).
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.cards.card import Card
from tests.faults.bases import Base
from tests.faults.beginnings import REVIEWERS, Rule
from tests.faults.invariants import broken
from tests.faults.turns import turns
from tests.faults.world import SimWorld, a_world, run

TROUBLE = {
    "killed": 0.015, "busy": 0.06, "cut off before the commit": 0.05, "cut off after the commit": 0.05,
    "429": 0.08, "500": 0.1, "slow": 0.08, "reset": 0.1, "refuses": 0.3, "vanishes": 0.3, "breaks": 0.3, "hangs": 0.3,
    "dies": 0.3,
}  # fmt: skip
CHAT = ("429", "500", "slow", "reset")
PEOPLE = (*REVIEWERS, *REVIEWERS[1:], *REVIEWERS[1:], "dan", "gus", "ravi2", "anna2")
ASKERS = ("anna", "anna", "ravi")
MOST = 3  # requests in one world
AMOUNTS = ("5.00", "12.50", "480.00", "999.99")
EDGE = 0.05  # seconds on either side of a deadline
RULES = (
    Rule(), Rule(quorum=2), Rule(quorum=2, reviewers=("noor", "kim")), Rule(reviewers=("ravi", "noor")),
    Rule(expires_in="10m"), Rule(verdict="block"),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What a seed takes part in."""

    batches: int
    intents: Mapping[str, int]
    rates: Mapping[str, float]
    rule: Rule


def plan_of(seed: int | str, *takes: str) -> Plan:
    """The seed's plan: always people at work, much of what it `takes`, and some of everything else."""
    chance = Random(f"plan {seed}")  # noqa: S311
    calm = 0.0 if chance.random() < 0.25 else 0.35
    rates = {name: rate for name, rate in TROUBLE.items() if chance.random() < calm or name in takes}
    some = {name for name in INTENTS if name in (*ALWAYS, *takes) or chance.random() < 0.4}
    intents = {name: weight * (3 if name in takes else 1) for name, (weight, _) in INTENTS.items() if name in some}
    return Plan(chance.randint(5, 10), intents, rates, chance.choice(RULES[:3]))


async def play(base: Base, seed: int | str, plan: Plan | None = None) -> list[str]:
    """One schedule from its beginning to its rest; returns what does not hold."""
    plan = plan or plan_of(seed)
    async with a_world(base, seed, plan.rates) as world:
        world.adopt(plan.rule)
        world.chat.standings["gus"] = "guest"
        await world.together(world.submit(world.chance.choice(ASKERS), world.chance.choice(AMOUNTS)))
        await world.together(world.work())
        for _ in range(plan.batches):
            names = world.chance.choices(list(plan.intents), list(plan.intents.values()), k=world.chance.randint(1, 4))
            await world.together(*filter(None, [INTENTS[name][1](world) for name in names]))
        await rest(world)
        return await broken(world)


def outcome_of(base: Base, seed: int | str, plan: Plan | None = None) -> list[str]:
    """`play` on a loop of its own; what a mutant lets escape counts as broken too."""
    return run(seed, lambda: play(base, seed, plan))


async def rest(world: SimWorld) -> None:
    """The faults stop; everything that was going on gets the time to come to its end."""
    world.weather.clear_up()
    world.readable = True
    world.chat.archived.clear()
    await world.together(world.work())
    for _ in range(3):
        await _later(world, minutes=11)
    latest = max((expiry(world, each) for each in pending(world)), default=world.clock())
    turns().pass_time(max((latest - world.clock()).total_seconds(), 0) + 60)  # and one tick
    await world.together(world.tick())
    for each in pending(world):
        if expiry(world, each) <= world.clock():
            world.problems.append(f"I5 {each} is pending after its end and a tick")
    for _ in range(3):
        await _later(world, minutes=11)


async def _later(world: SimWorld, minutes: float) -> None:
    turns().pass_time(minutes * 60)
    await world.together(world.tick())
    await world.together(world.work())


def pending(world: SimWorld) -> list[str]:
    """Ids of requests that wait for people."""
    return sorted(str(each) for [each] in world.base.look("SELECT id FROM requests WHERE status = 'pending'"))


def expiry(world: SimWorld, request_id: str) -> datetime:
    """When that request ends."""
    [[end]] = world.base.look(f"SELECT expires_at FROM requests WHERE id = '{request_id}'")  # noqa: S608
    return datetime.fromisoformat(str(end))


# --- what can happen: each returns what is then done at once with others, or does it itself and returns nothing
Doing = Coroutine[None, None, object] | None


def _card(world: SimWorld) -> Card | None:
    """What somebody looks at: mostly a card as it stands, sometimes one that was on the screen for a while."""
    standing = [views[-1] for views in world.chat.views.values() if views]
    now = [view for view in standing if isinstance(view, Card)]
    seen = now if world.chance.random() < 0.75 else world.cards()
    return world.chance.choice(seen) if seen else None


def _on_card(make: Callable[[SimWorld, Card], Doing]) -> Callable[[SimWorld], Doing]:
    def doing(world: SimWorld) -> Doing:
        card = _card(world)
        return make(world, card) if card else None

    return doing


def _press(verb: str) -> Callable[[SimWorld], Doing]:
    def make(world: SimWorld, card: Card) -> Doing:
        who = world.chance.choice(PEOPLE if verb == "approve" else REVIEWERS)
        amount = world.chance.choice(AMOUNTS) if verb == "edit" else None
        press = world.press(verb, who, card, amount)  # type: ignore[arg-type]
        world.pressed.append(press)
        return world.deliver(press)

    return _on_card(make)


def _forge(world: SimWorld) -> Doing:
    """Somebody makes an old button name the newest revision."""
    newest = {str(each): revision for each, revision in world.base.look("SELECT id, revision FROM requests")}
    old = [card for card in world.cards() if card.revision < newest[card.request_id]]
    if not old:
        return None
    card = world.chance.choice(old)
    return world.deliver(world.press("approve", world.chance.choice(REVIEWERS[1:]), card, forged=True))


def _twin(world: SimWorld) -> Doing:
    """A human approves from one account, and then from the other."""
    seen = _card(world)
    if seen is None:
        return None

    async def both(card: Card) -> None:
        for who in ("ravi", "ravi2"):
            await world.deliver(world.press("approve", who, card))

    return both(seen)


def _again(world: SimWorld) -> Doing:
    """The platform delivers something once more, at once or minutes later."""
    if not world.pressed:
        return None
    if world.chance.random() < 0.3:
        turns().pass_time(240)
    return world.deliver(world.chance.choice(world.pressed))


def _submit(world: SimWorld) -> Doing:
    if len(world.typed) >= MOST:
        return None
    times = world.chance.choice((1, 1, 2, 3))
    return world.submit(world.chance.choice(ASKERS), world.chance.choice(AMOUNTS), times=times)


def _cancel(world: SimWorld, card: Card) -> Doing:
    return world.cancel(world.chance.choice((card.requester.user, "noor")), card)


def _wait(world: SimWorld) -> Doing:
    turns().pass_time(world.chance.choice((0.5, 31, 61, 300, 1800)))
    return None


def _deadline(world: SimWorld) -> Doing:
    """It is now a request's last moment, or its first one after."""
    waiting = pending(world)
    if waiting:
        end = expiry(world, world.chance.choice(waiting))
        turns().pass_time(max((end - world.clock()).total_seconds() + world.chance.uniform(-EDGE, EDGE), 0))
    return None


def _step(world: SimWorld) -> Doing:
    """Somebody sets the computer's clock."""
    world.clock.stepped += timedelta(seconds=world.chance.choice((-300, -40, -5, 5, 40, 300)))
    return None


def _adopt(world: SimWorld) -> Doing:
    world.adopt(world.chance.choice(RULES))
    return None


def _stand(world: SimWorld) -> Doing:
    world.stand(world.chance.choice(REVIEWERS), world.chance.choice(("member", "member", "deactivated", "guest")))
    return None


def _unreadable(world: SimWorld) -> Doing:
    world.readable = not world.readable
    return None


def _tamper(world: SimWorld) -> Doing:
    """Somebody changes what is about to run, in the database."""
    for each, to in world.base.look("SELECT id, target FROM requests WHERE status = 'approved' ORDER BY id"):
        arguments = f'{{"amount": "777.77", "to": "{to}"}}'
        world.base.change("UPDATE requests SET arguments = ? WHERE id = ?", arguments, each)
        world.tampered.add(str(each))
    return None


def _delete(world: SimWorld) -> Doing:
    """Somebody deletes a message in chat."""
    if world.chat.views:
        world.chat.views[world.chance.choice(list(world.chat.views))].clear()
    return None


def _archive(world: SimWorld) -> Doing:
    world.chat.archived ^= {"C1"}
    return None


ALWAYS = ("approve", "work", "tick", "submit", "look")
INTENTS: Mapping[str, tuple[int, Callable[[SimWorld], Doing]]] = {
    "submit": (2, _submit),
    "approve": (14, _press("approve")),
    "edit": (6, _press("edit")),
    "reject": (4, _press("reject")),
    "again": (5, _again),
    "twin": (2, _twin),
    "forge": (3, _forge),
    "cancel": (2, _on_card(_cancel)),
    "look": (3, _on_card(lambda world, card: world.look("dan", card.request_id))),
    "work": (9, lambda world: world.work()),
    "tick": (2, lambda world: world.tick()),
    "wait": (2, _wait),
    "deadline": (2, _deadline),
    "step": (1, _step),
    "adopt": (3, _adopt),
    "stand": (3, _stand),
    "lend": (3, lambda world: world.lend(minutes=world.chance.choice((1, 60)))),
    "unreadable": (1, _unreadable),
    "tamper": (3, _tamper),
    "delete": (1, _delete),
    "archive": (1, _archive),
}
