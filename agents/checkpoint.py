"""The checkpoint of a long piece of work: people are asked whether a model may go on, through the ordinary gate."""

from pydantic import Field

from agents.actions import Action, Arguments, Effect
from agents.limits import MOST
from storage.records import JsonObject

CONTINUE_WORK = "continue_work"

MOST_TEXT = 4000  # characters of each text on the card


class ContinueWork(Arguments):
    """What was done, what would come next, and how much more may be used for it."""

    task: str = Field(title="The task", max_length=MOST_TEXT)
    why: str = Field(title="Why you are asked", max_length=MOST_TEXT)
    done: str = Field(title="What was done", max_length=MOST_TEXT)
    planned: str = Field(title="What comes next", max_length=MOST_TEXT)
    spent: str = Field(title="Used so far", max_length=MOST_TEXT)
    turns: int = Field(title="Turns it may take from here", ge=1, le=MOST["turns"])
    cost_usd: float | None = Field(default=None, title="Dollars it may cost from here", gt=0, le=MOST["cost_usd"])
    advice: str = Field(default="", title="What you want to tell the agent", max_length=MOST_TEXT)


def continue_work() -> Action[ContinueWork]:
    """The action. It has no effect of its own: that it was allowed is all that the work waits for."""
    return Action(
        name=CONTINUE_WORK,
        title="Go on working",
        description="Lets an agent that works with tools go on after a checkpoint.",
        arguments=ContinueWork,
        target=lambda asked: "the agent's own work",
        execute=_go_on,
    )


async def _go_on(asked: ContinueWork, effect: Effect) -> JsonObject:
    return {"summary": f"The agent goes on, for at most {asked.turns} more turns."}
