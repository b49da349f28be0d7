"""(a) Full gate cycles a second, against LangGraph's interrupt and resume, and against the floor."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from storage.sql.schema import upgrade
from storage.sql.sqlite import SqliteStore
from tests.benchmarks.figures import Figure, Report, Samples, at_least
from tests.benchmarks.floor import bare_commits
from tests.benchmarks.options import Options, folder, has_langgraph
from tests.benchmarks.signoff_gate import gate

Measure = Callable[[Samples, int], Awaitable[None]]

TOGETHER = 50
WARM = 50  # cycles before the clock runs

SIGNOFF, WITH_CHAT, PEER, BARE_PEER = "Signoff", "Signoff, with chat", "LangGraph, with rows", "LangGraph, checkpoints only"


async def cycles(options: Options) -> Report:
    """Everything in turn, in each repetition anew and on new databases."""
    samples, number = Samples(), options.amount(1000, 4)
    for repetition in range(options.repetitions):
        for measure in _measures(options, repetition):
            await measure(samples, number)
    return Report("gate: cycles, 50 at a time", (*samples.figures(), *_ratios(samples)), _notes(options))


def _measures(options: Options, repetition: int) -> list[Measure]:
    measures: list[Measure] = [_signoff_on_sqlite]
    if has_langgraph() and not options.quick:
        measures.append(_langgraph_on_sqlite)
    if options.cluster is not None:
        cluster = options.cluster
        url = cluster.create(f"signoff_{repetition}")
        measures.append(lambda samples, number: _signoff_on_postgresql(samples, number, url))
        if has_langgraph():
            peers = [cluster.create(f"langgraph_{kind}_{repetition}") for kind in ("rows", "bare")]
            measures.append(lambda samples, number: _langgraph_on_postgresql(samples, number, *peers))
    return measures


async def _signoff_on_sqlite(samples: Samples, number: int) -> None:
    with folder() as home:
        file = home / "signoff.db"
        upgrade(f"sqlite:///{file}")
        async with gate(f"sqlite:///{file}", chat=False) as signoff:
            await signoff.cycles(min(WARM, number), TOGETHER)
            store = signoff.signoff.store
            assert isinstance(store, SqliteStore)
            before = store.written
            rate = number / await signoff.cycles(number, TOGETHER)
            transactions, commits = ((after - then) / number for after, then in zip(store.written, before, strict=True))
        samples.add(f"{SIGNOFF}, SQLite", "1/s", rate)
        samples.add("transactions of a cycle", "", transactions)
        samples.add("commits of a cycle", "", commits)
        _floor(samples, file, round(number * min(transactions, 2)), transactions, commits)
    with folder() as home:
        upgrade(f"sqlite:///{home / 'signoff.db'}")
        async with gate(f"sqlite:///{home / 'signoff.db'}", chat=True) as signoff:
            samples.add(f"{WITH_CHAT}, SQLite", "1/s", number / await signoff.cycles(number, TOGETHER))


def _floor(samples: Samples, file: Path, number: int, transactions: float, commits: float) -> None:
    rate = bare_commits(file, number)
    samples.add("bare commits, same file", "1/s", rate)
    samples.add("floor: a bare commit for each transaction", "1/s", rate / transactions)
    samples.add("floor: a bare commit for each commit", "1/s", rate / commits)


async def _signoff_on_postgresql(samples: Samples, number: int, url: str) -> None:
    upgrade(url)
    async with gate(url, chat=False) as signoff:
        await signoff.cycles(min(WARM, number), TOGETHER)
        samples.add(f"{SIGNOFF}, PostgreSQL", "1/s", number / await signoff.cycles(number, TOGETHER))


async def _langgraph_on_sqlite(samples: Samples, number: int) -> None:
    from tests.benchmarks.langgraph_gate import on_sqlite

    for name, rows in ((PEER, True), (BARE_PEER, False)):
        with folder() as home:
            async with on_sqlite(home / "langgraph.db", rows=rows) as peer:
                await peer.cycles(min(WARM, number), TOGETHER)
                samples.add(f"{name}, SQLite", "1/s", number / await peer.cycles(number, TOGETHER))


async def _langgraph_on_postgresql(samples: Samples, number: int, with_rows: str, bare: str) -> None:
    from tests.benchmarks.langgraph_gate import on_postgresql

    for name, url, rows in ((PEER, with_rows, True), (BARE_PEER, bare, False)):
        async with on_postgresql(url, rows=rows) as peer:
            await peer.cycles(min(WARM, number), TOGETHER)
            samples.add(f"{name}, PostgreSQL", "1/s", number / await peer.cycles(number, TOGETHER))


def _ratios(samples: Samples) -> list[Figure]:
    ratios = [
        samples.ratio(
            "Signoff / floor, by transactions",
            f"{SIGNOFF}, SQLite",
            "floor: a bare commit for each transaction",
            ">= 0.5",
            at_least(0.5),
        ),
        samples.ratio("Signoff / floor, by commits", f"{SIGNOFF}, SQLite", "floor: a bare commit for each commit"),
    ]
    for database in ("SQLite", "PostgreSQL"):
        for peer in (PEER, BARE_PEER):
            if f"{peer}, {database}" in samples.taken:
                wanted = (">= 10", at_least(10)) if database == "SQLite" else ()
                ratios.append(
                    samples.ratio(f"Signoff / {peer}, {database}", f"{SIGNOFF}, {database}", f"{peer}, {database}", *wanted)
                )
    return ratios


def _notes(options: Options) -> tuple[str, ...]:
    notes = ["A cycle: run, steps, request, decision, execution, evaluation, committed with synchronous=FULL and audited."]
    if not has_langgraph():
        notes.append("LangGraph is not installed here: `make bench` sets it up.")
    if options.cluster is None:
        notes.append("No PostgreSQL in this run.")
    return tuple(notes)
