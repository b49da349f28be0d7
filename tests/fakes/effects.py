"""What the world outside has received: effects are counted where they arrive, not where they are said to have been sent."""

from sqlalchemy import func, select

from agents.support.customers import Customers, notes
from bot.sandbox.world import World

Effects = dict[str, int]


def effects(world: World) -> Effects:
    """How many mails, refunds and notes there are; without those of which there is none."""
    customers = Customers(world.customers_url)
    with customers.engine.connect() as connection:
        written = connection.scalar(select(func.count()).select_from(notes)) or 0
    customers.close()
    counts = {"mails": len(world.mailbox.received()), "refunds": len(world.billing.refunds()), "notes": written}
    return {name: count for name, count in counts.items() if count}
