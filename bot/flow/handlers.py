"""Which function does which job."""

from collections.abc import Mapping

from bot.flow import jobs
from bot.flow.adopt import announce
from bot.flow.converge import show_card, show_run
from bot.flow.delegate import tell
from bot.flow.execute import execute
from bot.flow.run import advance
from bot.flow.say import nudge, reply
from bot.flow.signoff import Signoff
from storage.dispatch import Handler
from storage.records import JsonObject


def handlers(signoff: Signoff) -> Mapping[str, Handler]:
    """The flow's jobs by name, for `Dispatch.serve`."""

    async def go_on(payload: JsonObject) -> None:
        await advance(signoff, str(payload["run_id"]))

    async def run_approved(payload: JsonObject) -> None:
        await execute(signoff, str(payload["request_id"]))

    async def post_run(payload: JsonObject) -> None:
        await show_run(signoff, str(payload["run_id"]))

    async def post_card(payload: JsonObject) -> None:
        await show_card(signoff, str(payload["request_id"]), jobs.place_in(payload))

    async def say(payload: JsonObject) -> None:
        await reply(signoff, payload)

    async def remind(payload: JsonObject) -> None:
        await nudge(signoff, payload)

    async def whisper(payload: JsonObject) -> None:
        await tell(signoff, payload)

    async def proclaim(payload: JsonObject) -> None:
        await announce(signoff, payload)

    return {
        jobs.ADVANCE: go_on,
        jobs.EXECUTE: run_approved,
        jobs.SHOW_RUN: post_run,
        jobs.SHOW_CARD: post_card,
        jobs.REPLY: say,
        jobs.NUDGE: remind,
        jobs.TELL: whisper,
        jobs.ANNOUNCE: proclaim,
    }
