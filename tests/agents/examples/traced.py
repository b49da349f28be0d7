"""A process in which LangSmith is told to trace, and that prints where it tried to connect to.

python -m tests.agents.examples.traced gated|plain FOLDER
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "key", "LANGSMITH_ENDPOINT": "http://127.0.0.1:9"}
TRIED: list[str] = []


def _listen(event: str, about: Iterable[Any]) -> None:
    if event == "socket.connect":
        TRIED.append(str(list(about)[1]))


async def _play(how: str, folder: Path) -> None:
    from agents.actions import Actions
    from agents.examples.langgraph_gate import Bookmark, Gated, GatedGraph, gated, in_file
    from agents.runtime import LiveRun
    from agents.testing import ScriptedModel, Story
    from agents.workflow import Agent

    async def node(run: LiveRun, state: Gated) -> Gated:
        return {}

    graph = gated(Gated, {"only": node}).set_entry_point("only")

    async def workflow(run: LiveRun, input: str) -> str:
        if how == "gated":
            await GatedGraph(graph, in_file(folder / "graph.db")).play(run, {}, "1")
        else:
            await graph.compile().ainvoke({"bookmark": Bookmark(steps=0, path=None, labels=[], version="1")}, context=run)
        return ""

    await Story(Agent("traced", 2, "", "", (), workflow), Actions(), ScriptedModel()).advance()


def main(how: str, folder: Path) -> None:
    """Play a graph, and wait for whatever tracers do behind its back."""
    sys.addaudithook(_listen)
    asyncio.run(_play(how, folder))
    deadline = time.monotonic() + (2 if how == "gated" else 30)  # who means to call does so within a fraction of a second
    while not TRIED and time.monotonic() < deadline:
        time.sleep(0.1)
    print(sorted(set(TRIED)), flush=True)
    os._exit(0)  # without the tracers' own farewell, which tries again and again


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
