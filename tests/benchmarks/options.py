"""How much a benchmark does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.storage.cluster import Cluster, find_binaries


@dataclass(frozen=True)
class Options:
    """`quick` is for seeing that the benchmarks run: its figures mean nothing. `cluster` is None without PostgreSQL."""

    quick: bool
    repetitions: int
    cluster: Cluster | None

    def amount(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole


@contextmanager
def options(*, quick: bool, repetitions: int | None) -> Iterator[Options]:
    """The options, with a PostgreSQL cluster for as long as this lasts, unless it has to be quick."""
    wanted = repetitions or (1 if quick else 3)
    binaries = None if quick else find_binaries()
    if binaries is None:
        yield Options(quick, wanted, None)
        return
    with Cluster.start(binaries) as cluster:
        yield Options(quick, wanted, cluster)


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder for one measurement."""
    with TemporaryDirectory(prefix="signoff-bench-") as made:
        yield Path(made)


def has_langgraph() -> bool:
    """Whether the peers are installed; `make bench` installs them."""
    return find_spec("langgraph") is not None
