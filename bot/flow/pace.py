"""A platform's deadline: an answer within seconds, while the work itself may take longer and must not be lost."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Pace:
    """Runs work for a surface's payloads, which may keep it waiting for `patience` seconds. Used as a context by each
    listener, it knows what is under way until it is done."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._under_way: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> None:
        if (task := asyncio.current_task()) is not None:
            self._under_way.add(task)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if (task := asyncio.current_task()) is not None:
            self._under_way.discard(task)

    async def start(self, work: Coroutine[Any, Any, T]) -> tuple[asyncio.Task[T], bool]:
        """Start `work`. Returns its task, and whether it is done in time for an answer; if not, it goes on."""
        task = self.later(work)
        await asyncio.wait({task}, timeout=self._patience)
        return task, task.done()

    def later(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `work` without waiting for it."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """Wait until everything under way is done, at most `seconds`; then end what is left."""
        left = self._under_way - {asyncio.current_task()}
        if not left:
            return
        _, late = await asyncio.wait(left, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
