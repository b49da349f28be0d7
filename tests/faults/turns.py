"""An event loop on which everything happens one thing at a time, in an order that a seed decides, in time that is invented.

Whatever a simulated process does to the world outside it (a transaction, a call to a platform, an effect) first waits for
its turn. When nothing else can go on, one of those that wait gets it; when nobody waits, time jumps to the next timer. So
one seed is one schedule, four hours take no time, and two tasks interleave wherever they could in reality.
"""

import asyncio
import selectors
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

PACE = (0.0, 0.0, 0.001, 0.004, 0.011, 0.03)  # seconds that pass before a turn, one of these
TIMERS = 0.01  # how often a timer goes first although somebody waits for a turn: the process stood still that long


class Stuck(RuntimeError):
    """Nobody can go on, and no timer will ever change that."""


@dataclass(frozen=True)
class _Waiting:
    who: str
    number: int
    turn: asyncio.Future[None]


class _Selector(selectors.BaseSelector):
    """Asks `idle` what to do instead of sleeping."""

    def __init__(self, idle: Callable[[float | None], bool]) -> None:
        self._real, self._idle = selectors.DefaultSelector(), idle

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            return self._real.select(None if self._idle(timeout) else 0)
        return []  # somebody is ready: answers of threads are looked for only when nobody is

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class TurnLoop(asyncio.SelectorEventLoop):
    """The loop. `seed` decides all that chance decides about order and pace."""

    def __init__(self, seed: int | str) -> None:
        self.chance = Random(f"turns {seed}")  # noqa: S311
        self.log: list[str] = []
        self._now, self._abroad, self._waiting, self._count = 0.0, 0, list[_Waiting](), 0
        super().__init__(_Selector(self._go_on))

    def time(self) -> float:
        """Seconds since the loop was made, of invented time."""
        return self._now

    def pass_time(self, seconds: float) -> None:
        """Let time jump."""
        self._now += seconds

    async def turn(self, what: str) -> None:
        """Wait until it is the caller's turn to do `what`."""
        waiting = _Waiting(f"{_name()} {what}", self._count, self.create_future())
        self._count += 1
        self._waiting.append(waiting)
        try:
            await waiting.turn
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    @contextmanager
    def abroad(self) -> Iterator[None]:
        """While something outside this loop (a thread) is at work: really wait for it, and let nobody else go on."""
        self._abroad += 1
        try:
            yield
        finally:
            self._abroad -= 1

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """As of old, but really waiting."""
        with self.abroad():
            await super().shutdown_default_executor(*timeout)

    def _go_on(self, timeout: float | None) -> bool:
        """Nobody is ready: really wait (True), or make somebody ready."""
        if self._abroad:
            return True
        if self._waiting and not (timeout is not None and self.chance.random() < TIMERS):
            self._give_turn()
        elif timeout is None:
            raise Stuck("Nobody can go on.")
        else:
            self._now += timeout
        return False

    def _give_turn(self) -> None:
        # Sorted, because tasks that were woken together may have come in any order.
        waiting = sorted(self._waiting, key=lambda waiting: (waiting.who, waiting.number))
        chosen = self.chance.choice(waiting)
        self._waiting.remove(chosen)
        self._now += self.chance.choice(PACE)
        self.log.append(f"{self._now:.3f} {chosen.who}")
        if not chosen.turn.done():
            chosen.turn.set_result(None)


def _name() -> str:
    """The name of the task, if somebody gave it one: those that asyncio gives count on from one loop to the next."""
    task = asyncio.current_task()
    name = task.get_name() if task else ""
    return "main" if name.startswith("Task-") else name


def turns() -> TurnLoop:
    """The loop that runs now."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TurnLoop)
    return loop
