"""The `signoff` command as people run it: a process of its own."""

import asyncio
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from bot.cli import main

SIGNOFF = Path(sys.executable).with_name("signoff")
PATIENCE = 60.0  # seconds; several of these start at once on few cores


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str


async def signoff(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end."""
    process = await _start(*arguments, cwd=cwd, env=env or {})
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


async def invoked(*arguments: str, env: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end within this process, which spares it the start; what it raises is a trace on stderr."""
    told = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=env or {})
    raised = told.exception is not None and not isinstance(told.exception, SystemExit)
    trace = "".join(traceback.format_exception(told.exception)) if raised else ""
    return Finished(told.exit_code, told.stdout, told.stderr + trace)


@dataclass(frozen=True)
class Serving:
    """A `signoff serve` that is ready; `web` is its address."""

    process: asyncio.subprocess.Process
    web: str

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serve(*, cwd: Path, env: Mapping[str, str]) -> AsyncIterator[Serving]:
    """A `signoff serve` for as long as this lasts, unless it is killed before."""
    process = await _start("serve", cwd=cwd, env=env)
    try:
        assert process.stdout
        assert process.stderr
        ready = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
        assert ready.startswith("Signoff serves"), (await process.stderr.read()).decode()
        reading = asyncio.create_task(process.stderr.read())  # so that a talkative log never blocks it
        yield Serving(process, ready.split()[-1].rstrip("."))
        await _end(process)
        assert "Traceback" not in (await reading).decode()
    finally:
        await _end(process)


async def _start(*arguments: str, cwd: Path, env: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        SIGNOFF,
        *arguments,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()
