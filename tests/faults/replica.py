"""The program that is killed: real replicas of `bot.app`, with failpoints put around their parts from outside.

`python -m tests.faults.replica` imports everything once and then forks a replica for each order that it reads from its
standard input, which makes a start cost a fork instead of two seconds of imports. An order is a JSON object in a line,
and so is everything told on the standard output: a replica that is ready, one that is held at a spot, one that ended. It
ends, and ends every replica, with its standard input.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import selectors
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from aiohttp import web
from sqlalchemy import Engine, event

from agents.actions import Action, Actions, Effect
from agents.model import Answer, M, Model, Prompt
from bot import app
from bot.flow.front_desk import FrontDesk
from bot.flow.signoff import Signoff
from bot.flow.surface import Surface
from bot.scheduler import Tick, scheduler
from bot.settings import Settings
from bot.web import Endpoint, web_app
from storage import procrastinate_dispatch
from storage.dispatch import Dispatch, Handler
from storage.procrastinate_dispatch import ProcrastinateDispatch
from storage.records import JsonObject
from storage.sql import schema
from storage.sql.open import Storage, open_storage
from storage.store import Store, Transaction

T = TypeVar("T")

HURRY = 0.2  # seconds between the ticks and the polls of a replica, which has longer for them elsewhere
HURRIED = ("sweep", "nudge")
RIG = "/rig"  # where a replica takes new failpoints while it serves


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
            _tell("held", spot=spot)
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
    """A transaction that notes what it is about: the names of its audit entries, and reminders."""

    def __init__(self, real: Transaction, noted: list[str]) -> None:
        self._real, self._noted = real, noted

    def __getattr__(self, name: str) -> Any:
        if name == "nudge_request":
            self._noted.append(name)
        return getattr(self._real, name)

    def audit(self, event: str, **said: Any) -> None:
        self._noted.append(event)
        self._real.audit(event, **said)


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


def _own_name(name: str, arguments: tuple[Any, ...]) -> str:
    return name


def install(points: Failpoints, heartbeat: float | None) -> None:
    """Have `bot.app` assemble its replica from parts with failpoints. Production code knows nothing of these."""

    async def opened(url: str, **how: Any) -> Storage:
        real = await open_storage(url, **how, clock_offset=lambda: points.ahead)
        dispatch = real.dispatch
        if isinstance(dispatch, ProcrastinateDispatch) and heartbeat is not None:
            dispatch = replace(dispatch, heartbeat=heartbeat)
            procrastinate_dispatch.POLL = HURRY
        return Storage(PointedStore(real.store, points), PointedDispatch(dispatch, points))

    def site(ready: Any, endpoints: Mapping[str, Endpoint], *more: Any, **named: Any) -> web.Application:
        watched = {path: _replying(endpoint, points) for path, endpoint in endpoints.items()}
        made = web_app(ready, watched, *more, **named)

        async def rearm(request: web.Request) -> web.Response:
            points.arm(await request.json())
            return web.Response()

        made.router.add_post(RIG, rearm)
        return made

    def hurried(ticks: dict[str, tuple[float, Tick]]) -> object:
        return scheduler({name: (HURRY if name in HURRIED else seconds, tick) for name, (seconds, tick) in ticks.items()})

    verbs = ("command", "approve", "reject", "edit", "form")
    parts = {
        "open_storage": opened,
        "web_app": site,
        "scheduler": hurried,
        "FrontDesk": lambda signoff: Around(FrontDesk(signoff), points, verbs, _own_name, desk=True),
    }
    for name, part in parts.items():
        if not hasattr(app, name):
            raise AttributeError(f"bot.app has no {name} any more; put the failpoints where it went.")
        setattr(app, name, part)


def _replying(endpoint: Endpoint, points: Failpoints) -> Endpoint:
    async def handle(request: web.Request) -> web.StreamResponse:
        points.asked = ""
        answer = await endpoint(request)
        await answer.prepare(request)
        await answer.write_eof()
        points.reached(f"{points.asked} replied")
        return answer

    return handle


async def serve(order: Mapping[str, Any]) -> None:
    """Serve until killed."""
    points = Failpoints(Path(order["witness"]))
    points.arm(order)
    install(points, order.get("heartbeat"))
    settings = Settings.model_validate(order["settings"])
    systems = app.systems_of(settings)
    async with app.assembled(settings, systems, clock=points.clock) as made:
        serving = asyncio.create_task(replace(made, signoff=pointed(made.signoff, points)).serve())
        _tell("ready", web=made.web)
        await serving


async def upgrade(order: Mapping[str, Any]) -> None:
    """Bring a schema up to date; die before statement number `statement`, or tell how many there were."""
    done = 0

    def count(*_: object) -> None:
        nonlocal done
        if done == order.get("statement"):
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    schema.upgrade(order["url"])
    _tell("upgraded", statements=done)


WORK: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {"serve": serve, "upgrade": upgrade}


def _tell(what: str, **said: object) -> None:
    os.write(1, (json.dumps({"what": what, "pid": os.getpid(), **said}) + "\n").encode())


def _child(order: Mapping[str, Any]) -> None:
    """All of a forked process's life."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        asyncio.run(_work(order))
        code = 0
    except BaseException:  # noqa: BLE001  # the last word before the end
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


async def _work(order: Mapping[str, Any]) -> None:
    await WORK[order["do"]](order)


class Parent:
    """Forks a process for each order, and tells of each that ended."""

    def __init__(self) -> None:
        self._children: set[int] = set()
        self._orders = b""
        self._woken, waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waking, False)
        signal.set_wakeup_fd(waking)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Until the standard input ends."""
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if self._woken in ready:
                    self._bury()
                if 0 in ready and not self._read():
                    break
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _read(self) -> bool:
        heard = os.read(0, 65536)
        *lines, self._orders = (self._orders + heard).split(b"\n")
        for line in lines:
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _child(order)
            self._children.add(pid)
            os.write(1, (json.dumps({"what": "started", "pid": pid, "order": order["order"]}) + "\n").encode())
        return bool(heard)

    def _bury(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 65536)
        with contextlib.suppress(ChildProcessError):
            while (gone := os.waitpid(-1, os.WNOHANG))[0]:
                self._children.discard(gone[0])
                _tell_of(gone[0], os.waitstatus_to_exitcode(gone[1]))


def _tell_of(pid: int, code: int) -> None:
    os.write(1, (json.dumps({"what": "ended", "pid": pid, "code": code}) + "\n").encode())


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for library in ("apscheduler", "alembic", "slack_bolt"):
        logging.getLogger(library).setLevel(logging.ERROR)
    schema.head()
    gc.freeze()
    Parent().serve()
