"""Failpoints around the parts of a replica: where it kills itself, or waits. Production code knows nothing of these."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from agents.actions import Action, Actions, Effect
from agents.model import Answer, Call, M, Model, Prompt, Said, Talk
from bot.flow.signoff import Signoff
from bot.flow.surface import Surface
from storage.dispatch import Dispatch, Handler
from storage.records import JsonObject, Step
from storage.store import Store, Transaction

T = TypeVar("T")


def tell(what: str, **said: object) -> None:
    """Tell whoever forked this process, in a line."""
    os.write(1, (json.dumps({"what": what, "pid": os.getpid(), **said}) + "\n").encode())


class Failpoints:
    """Where this process kills itself, and where it waits. `ahead` is how far its store's clock runs ahead."""

    def __init__(self, witness: Path) -> None:
        self.kill_at: str | None = None
        self.held: Collection[str] = ()
        self.ahead = timedelta()
        self.asked = ""
        self._witness = witness

    def arm(self, order: Mapping[str, Any]) -> None:
        """Take over what an order names."""
        self.kill_at, self.held = order.get("kill_at"), tuple(order.get("held", ()))
        self.ahead = timedelta(seconds=order.get("ahead", 0))

    def reached(self, spot: str) -> None:
        """Die here, if this is the spot."""
        if spot == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def passing(self, spot: str) -> None:
        """Die here, or wait as long as this spot is held."""
        self.reached(spot)
        if spot in self.held:
            tell("held", spot=spot)
        while spot in self.held:  # noqa: ASYNC110  # let go by an order, which is rare and never in a hurry
            await asyncio.sleep(0.005)

    def witness(self, effect: Effect) -> None:
        """Write down, where no kill takes it back, that an effect begins."""
        with self._witness.open("a") as file:
            file.write(f"{effect.request_id}\n")

    def clock(self) -> datetime:
        """The time, that far ahead."""
        return datetime.now(UTC) + self.ahead


class Watched:
    """A transaction that notes what it is about: the names of its audit entries, its steps, and reminders."""

    def __init__(self, real: Transaction, noted: list[str]) -> None:
        self._real, self._noted = real, noted

    def __getattr__(self, name: str) -> Any:
        if name == "nudge_request":
            self._noted.append(name)
        return getattr(self._real, name)

    def audit(self, event: str, **said: Any) -> None:
        self._noted.append(event)
        self._real.audit(event, **said)

    def write_step(self, step: Step, **how: Any) -> None:
        self._noted.append(f"step {step.number} {step.status}")
        self._real.write_step(step, **how)


@dataclass(frozen=True)
class PointedStore:
    """A Store with a spot on each side of the commits."""

    real: Store
    points: Failpoints

    async def write(self, work: Callable[[Transaction], T]) -> T:
        noted: list[str] = []

        def watched(tx: Transaction) -> T:
            noted.clear()
            result = work(cast("Transaction", Watched(tx, noted)))
            for name in noted:
                self.points.reached(f"{name} before commit")
            return result

        result = await self.real.write(watched)
        for name in noted:
            self.points.reached(f"{name} after commit")
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self.real.read(work)

    async def close(self) -> None:
        await self.real.close()


@dataclass(frozen=True)
class PointedDispatch:
    """A Dispatch with a spot before each job."""

    real: Dispatch
    points: Failpoints

    async def serve(self, handlers: Mapping[str, Handler]) -> None:
        await self.real.serve({task: self._pointed(task, handler) for task, handler in handlers.items()})

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        return await self.real.drain(handlers)

    def _pointed(self, task: str, handler: Handler) -> Handler:
        async def handle(payload: JsonObject) -> None:
            await self.points.passing(f"job {task}")
            await handler(payload)

        return handle


@dataclass(frozen=True)
class Around:
    """Anything whose asynchronous methods named in `spots` have a spot before and after; `names` says what these are
    called. Of a `desk` it is remembered what was asked last."""

    real: Any
    points: Failpoints
    spots: Collection[str]
    names: Callable[[str, tuple[Any, ...]], str]
    desk: bool = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.real, name)
        return self._pointed(name, method) if name in self.spots else method

    def _pointed(self, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any) -> Any:
            spot = self.names(name, arguments)
            await self.points.passing(f"{spot} before")
            answer = await method(*arguments)
            if self.desk:
                self.points.asked = spot
            self.points.reached(f"{spot} after")
            return answer

        return call


@dataclass
class PointedModel:
    """A Model with a spot on each side of a call."""

    real: Model
    points: Failpoints
    name: str

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        await self.points.passing("ask before")
        answer = await self.real.ask(prompt, schema)
        self.points.reached("ask after")
        return answer

    async def turn(self, talk: Talk) -> Answer[Call | Said]:
        await self.points.passing("turn before")
        answer = await self.real.turn(talk)
        self.points.reached("turn after")
        return answer


def pointed_action(action: Action[Any], points: Failpoints) -> Action[Any]:
    """An action with a spot on each side of its effect, and a witness to it."""

    async def execute(arguments: Any, effect: Effect) -> JsonObject:
        await points.passing("effect before")
        points.witness(effect)
        receipt = await action.execute(arguments, effect)
        await points.passing("effect after")
        return receipt

    return replace(action, execute=execute)


def pointed(signoff: Signoff, points: Failpoints) -> Signoff:
    """What a replica's jobs work with."""
    surfaces: dict[str, Surface] = {
        name: cast("Surface", Around(surface, points, ("post", "update", "reply"), _of_view))
        for name, surface in signoff.surfaces.items()
    }
    actions = Actions([pointed_action(action, points) for action in signoff.actions.values()])
    return replace(
        signoff, surfaces=surfaces, actions=actions, model=PointedModel(signoff.model, points, signoff.model.name)
    )


def _of_view(name: str, arguments: tuple[Any, ...]) -> str:
    return name if name == "reply" else f"{name} {type(arguments[1]).__name__}"


def own_name(name: str, arguments: tuple[Any, ...]) -> str:
    """A method called by its own name."""
    return name
