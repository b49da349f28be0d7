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
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import Engine, event

from bot import app
from bot.flow.front_desk import FrontDesk
from bot.scheduler import Tick, scheduler
from bot.settings import Settings
from bot.web import Endpoint, web_app
from storage import procrastinate_dispatch
from storage.procrastinate_dispatch import ProcrastinateDispatch
from storage.sql import schema
from storage.sql.open import Storage, open_storage
from tests.faults.failpoints import Around, Failpoints, PointedDispatch, PointedStore, own_name, pointed, tell

HURRY = 0.2  # seconds between the ticks and the polls of a replica, which has longer for them elsewhere
HURRIED = ("sweep", "nudge")
Work = Mapping[str, Callable[[Mapping[str, Any]], Awaitable[None]]]
RIG = "/rig"  # where a replica takes new failpoints while it serves


async def pointed_storage(url: str, points: Failpoints, heartbeat: float | None, **how: Any) -> Storage:
    """A database with failpoints, whose dead workers are found out after a few heartbeats."""
    real = await open_storage(url, **how, clock_offset=lambda: points.ahead)
    dispatch = real.dispatch
    if isinstance(dispatch, ProcrastinateDispatch) and heartbeat is not None:
        dispatch = replace(dispatch, heartbeat=heartbeat)
        procrastinate_dispatch.POLL = HURRY
    return Storage(PointedStore(real.store, points), PointedDispatch(dispatch, points))


def install(points: Failpoints, heartbeat: float | None) -> None:
    """Have `bot.app` assemble its replica from parts with failpoints. Production code knows nothing of these."""

    async def opened(url: str, **how: Any) -> Storage:
        return await pointed_storage(url, points, heartbeat, **how)

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
        "FrontDesk": lambda signoff: Around(FrontDesk(signoff), points, verbs, own_name, desk=True),
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
        tell("ready", web=made.web)
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
    tell("upgraded", statements=done)


def _child(order: Mapping[str, Any], work: Work) -> None:
    """All of a forked process's life."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        asyncio.run(_in_loop(order, work))
        code = 0
    except BaseException:  # noqa: BLE001  # the last word before the end
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


async def _in_loop(order: Mapping[str, Any], work: Work) -> None:
    await work[order["do"]](order)


class Parent:
    """Forks a process for each order, which does the `work` that it names, and tells of each that ended."""

    def __init__(self, work: Work) -> None:
        self._work = work
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
                _child(order, self._work)
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


def warm_up() -> None:
    """What every process would do first, done once before the forks."""
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for library in ("apscheduler", "alembic", "slack_bolt"):
        logging.getLogger(library).setLevel(logging.ERROR)
    schema.head()


if __name__ == "__main__":
    warm_up()
    gc.freeze()
    Parent({"serve": serve, "upgrade": upgrade}).serve()
