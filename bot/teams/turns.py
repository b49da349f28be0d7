"""The one place where botbuilder is used: it takes an activity apart and calls what belongs to its type.

Nothing is sent through it: what it knows of tokens and of the network stays out of the way. A replacement has to bring an
activity, as the JSON that arrived, to the six methods of `Listeners`, and what `invoke` returns back to whoever sent it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botbuilder.core import ActivityHandler, BotAdapter, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes

from bot.teams.payloads import Body, about_bot, event_of

_BODY = "signoff body"


@dataclass(frozen=True)
class Reply:
    """What an activity is answered with: an HTTP status and, for an invoke, a body."""

    status: int
    body: Mapping[str, Any] | None = None


class Listeners(Protocol):
    """What can happen in Teams. Each method is given the activity as it arrived."""

    async def message(self, body: Body) -> None:
        """Somebody wrote, or pressed a button in a client that knows no invokes."""

    async def invoke(self, body: Body) -> Reply:
        """Somebody pressed a button, or uses a dialog."""

    async def added(self, body: Body) -> None:
        """Signoff can speak there from now on."""

    async def removed(self, body: Body) -> None:
        """Signoff cannot speak there any more."""

    async def event(self, body: Body, what: str) -> None:
        """A team or a channel was changed, such as `channelDeleted`."""


class Turns(ActivityHandler):  # type: ignore[misc]  # botbuilder has no types
    """Brings activities to listeners."""

    def __init__(self, listeners: Listeners) -> None:
        super().__init__()
        self._listeners, self._adapter = listeners, _Adapter()

    async def take(self, body: Body) -> Reply:
        """Have the listener of that kind of activity act. Raises what the listener raises."""
        # Its own reader of activities refuses whole ones for a field that nobody looks at, and loses the tenant.
        turn = TurnContext(self._adapter, Activity(**{name: _text(body.get(name)) for name in ("type", "name", "action")}))
        turn.turn_state[_BODY] = body
        await self._adapter.run_pipeline(turn, self.on_turn)
        return self._adapter.reply(turn) or Reply(202)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._listeners.message(turn_context.turn_state[_BODY])

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        reply = await self._listeners.invoke(turn_context.turn_state[_BODY])
        return InvokeResponse(status=reply.status, body=reply.body)

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        await self._listeners.added(turn_context.turn_state[_BODY])

    async def on_installation_update_remove(self, turn_context: TurnContext) -> None:
        await self._listeners.removed(turn_context.turn_state[_BODY])

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        body: Body = turn_context.turn_state[_BODY]
        if about_bot(body, "membersAdded"):
            await self._listeners.added(body)
        elif about_bot(body, "membersRemoved"):
            await self._listeners.removed(body)
        elif what := event_of(body):
            await self._listeners.event(body, what)


class _Adapter(BotAdapter):  # type: ignore[misc]
    """Carries the answer to an invoke, and nothing else."""

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[Any]:
        for each in activities:
            if each.type != ActivityTypes.invoke_response:
                raise NotImplementedError("What is said in Teams goes through TeamsSurface.")
            context.turn_state[self._INVOKE_RESPONSE_KEY] = each
        return []

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        raise NotImplementedError("What is said in Teams goes through TeamsSurface.")

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        raise NotImplementedError("What is said in Teams goes through TeamsSurface.")

    def reply(self, turn: TurnContext) -> Reply | None:
        """The answer to the invoke that this turn was about."""
        sent = turn.turn_state.get(self._INVOKE_RESPONSE_KEY)
        return None if sent is None else Reply(sent.value.status, sent.value.body)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
