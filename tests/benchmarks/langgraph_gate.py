"""The same cycle on LangGraph: a node proposes, `interrupt` waits, a resume decides, nodes execute and evaluate.

Two readings. In one the graph's checkpoints are all there is. In the other the application keeps what it needs beside
them: a request that can be listed, its decision by a conditional write, and the evaluation, three rows in the same
database. `durability="sync"` is the promise that Signoff makes: a step is on disk before the next begins.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

Write = Callable[[str, tuple[str, ...]], Awaitable[None]]

CREATE = (
    "CREATE TABLE IF NOT EXISTS asked (id TEXT PRIMARY KEY, status TEXT, body TEXT, decided TEXT)",
    "CREATE TABLE IF NOT EXISTS evaluated (id TEXT PRIMARY KEY, body TEXT)",
)
ASK = "INSERT INTO asked (id, status, body) VALUES (?, 'pending', ?)"
DECIDE = "UPDATE asked SET status = 'approved', decided = ? WHERE id = ? AND status = 'pending'"
EVALUATE = "INSERT INTO evaluated (id, body) VALUES (?, ?)"


class State(TypedDict, total=False):
    """What the graph knows of one run."""

    id: str
    text: str
    proposal: dict[str, Any]
    decision: dict[str, Any]
    receipt: dict[str, Any]
    evaluation: dict[str, Any]


class LangGraphGate:
    """`saver` keeps the checkpoints; with `write` the application's rows are kept too."""

    def __init__(self, saver: Any, write: Write | None) -> None:
        self._write = write
        graph: Any = StateGraph(State)
        nodes = {
            "propose": self._propose, "gate": self._gate, "execute": self._execute, "evaluate": self._evaluate,
        }  # fmt: skip
        for name, node in nodes.items():
            graph.add_node(name, node)
        for one, next_one in zip([START, *nodes], [*nodes, END], strict=True):
            graph.add_edge(one, next_one)
        self._app = graph.compile(checkpointer=saver)

    async def cycles(self, number: int, together: int) -> float:
        """Seconds that so many cycles take, so many of them at a time."""
        left, began = iter(range(number)), time.perf_counter()
        await asyncio.gather(*(self._clerk(left) for _ in range(together)))
        return time.perf_counter() - began

    async def _clerk(self, left: Iterator[int]) -> None:
        for _ in left:
            run_id = str(uuid.uuid4())
            thread = {"configurable": {"thread_id": run_id}}
            await self._app.ainvoke({"id": run_id, "text": "480.00 lamp-shop"}, thread, durability="sync")
            decision = {"verb": "approve", "person": "slack:T1:ravi"}
            await self._keep(DECIDE, json.dumps(decision), run_id)
            ended = await self._app.ainvoke(Command(resume=decision), thread, durability="sync")
            assert ended["evaluation"]["decision"] == decision

    async def _propose(self, state: State) -> State:
        amount, to = state["text"].split(" ", 1)
        proposal = {"action": "pay", "arguments": {"amount": amount, "to": to}, "summary": f"Pay {to} {amount}"}
        await self._keep(ASK, state["id"], json.dumps(proposal))
        return {"proposal": proposal}

    async def _gate(self, state: State) -> State:
        return {"decision": interrupt(state["proposal"])}

    async def _execute(self, state: State) -> State:
        return {"receipt": {"summary": f"Paid {state['proposal']['arguments']['amount']}."}}

    async def _evaluate(self, state: State) -> State:
        evaluation = {"input": state["text"], **{name: state[name] for name in ("proposal", "decision", "receipt")}}
        await self._keep(EVALUATE, state["id"], json.dumps(evaluation))
        return {"evaluation": evaluation}

    async def _keep(self, statement: str, *values: str) -> None:
        if self._write is not None:
            await self._write(statement, values)


@asynccontextmanager
async def on_sqlite(path: Path, *, rows: bool) -> AsyncIterator[LangGraphGate]:
    """With the SQLite checkpointer on that file."""
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()

        async def write(statement: str, values: tuple[str, ...]) -> None:
            async with saver.lock:
                await saver.conn.execute(statement, values)
                await saver.conn.commit()

        for statement in CREATE:
            await write(statement, ())
        yield LangGraphGate(saver, write if rows else None)


@asynccontextmanager
async def on_postgresql(url: str, *, rows: bool) -> AsyncIterator[LangGraphGate]:
    """With the PostgreSQL checkpointer on that database, over as many connections as Signoff has."""
    settings: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: Any = AsyncConnectionPool(url, min_size=1, max_size=10, kwargs=settings, open=False)
    async with pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()

        async def write(statement: str, values: tuple[str, ...]) -> None:
            async with pool.connection() as connection:
                await connection.execute(statement.replace("?", "%s"), values)

        for statement in CREATE:
            await write(statement, ())
        yield LangGraphGate(saver, write if rows else None)
