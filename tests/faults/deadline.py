"""Row 14: people decide and the sweeper sweeps within 50 ms of a request's end, again and again."""

from collections import Counter

from tests.faults.bases import Base
from tests.faults.beginnings import Rule
from tests.faults.invariants import broken
from tests.faults.schedule import expiry, pending, rest
from tests.faults.turns import turns
from tests.faults.world import SimWorld, a_world, run

EDGE = 0.05  # seconds on either side
ON_THE_WAY = 0.03  # seconds that a click takes on average until the statement that decides
IN_ONE_WORLD = 25


def raced(base: Base, seed: int | str, rounds: int = IN_ONE_WORLD) -> tuple[Counter[str], list[str]]:
    """How so many requests ended, each raced at its end; and what does not hold. Anything at or after it breaks I2."""
    return run(f"deadline {seed}", lambda: _race(base, f"deadline {seed}", rounds))


async def _race(base: Base, seed: str, rounds: int) -> tuple[Counter[str], list[str]]:
    async with a_world(base, seed) as world:
        world.adopt(Rule(expires_in="10m"))
        for _ in range(rounds):
            await world.submit("anna", "12.50")
            await world.work()
            await _at_the_end(world)
        await rest(world)
        statuses = [str(status) for [status] in base.look("SELECT status FROM requests")]
        return Counter(statuses), await broken(world)


async def _at_the_end(world: SimWorld) -> None:
    [request_id] = pending(world)
    card = next(card for card in world.cards() if card.request_id == request_id)
    left = (expiry(world, request_id) - world.clock()).total_seconds()
    turns().pass_time(left - ON_THE_WAY + world.chance.uniform(-EDGE, EDGE))
    verb = world.chance.choice(("approve", "edit"))
    doing = [world.deliver(world.press("approve", "ravi", card)), world.tick(), world.work()]
    edited = "5.00" if verb == "edit" else None
    await world.together(world.deliver(world.press(verb, "noor", card, edited)), *doing[: world.chance.randint(0, 3)])  # type: ignore[arg-type]
    for unused in doing:
        unused.close()
    await world.tick()
    await world.work()
