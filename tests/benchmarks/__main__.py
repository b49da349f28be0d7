"""`python -m tests.benchmarks [NAME ...] [--json FILE] [--quick]`: run benchmarks and print what they found."""

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import click

from storage.records import JsonObject
from tests.benchmarks.ack import ack
from tests.benchmarks.cycles import cycles
from tests.benchmarks.figures import Report, table
from tests.benchmarks.options import Options, options
from tests.benchmarks.parked import parked
from tests.benchmarks.policy import policy
from tests.benchmarks.sweeps import sweeps

BENCHMARKS: Mapping[str, Callable[[Options], Awaitable[Report]]] = {
    "gate": cycles,
    "ack": ack,
    "parked": parked,
    "sweep": sweeps,
    "policy": policy,
}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write everything measured there.")
@click.option("--quick", is_flag=True, help="Only see that they run: tiny numbers that mean nothing.")
@click.option("--repetitions", type=click.IntRange(1), help="How often each is measured; 3 unless said.")
def main(names: tuple[str, ...], file: Path | None, quick: bool, repetitions: int | None) -> None:
    """Run benchmarks by NAME (gate, ack, parked, sweep, policy), or all. Only ratios within one run mean something."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise click.BadParameter(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
    reports: list[JsonObject] = []
    with options(quick=quick, repetitions=repetitions) as chosen:
        for name in names or BENCHMARKS:
            report = asyncio.run(_run(name, chosen))
            click.echo(table(report))
            reports.append(report.json())
    if file is not None:
        machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
        file.write_text(json.dumps({"machine": machine, "quick": quick, "benchmarks": reports}, indent=2) + "\n")


async def _run(name: str, chosen: Options) -> Report:
    return await BENCHMARKS[name](chosen)


if __name__ == "__main__":
    main()
