"""A PostgreSQL server of a test's own, which may be killed and started again on what it left on disk."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storage.sql import schema
from tests.storage.cluster import Cluster, _free_port, _give_to_postgres, _run, find_binaries


@dataclass
class Primary:
    """`url` is of a migrated database on it."""

    home: Path
    binaries: Path
    owner: list[str]
    port: int = field(default_factory=_free_port)

    @property
    def url(self) -> str:
        return Cluster(self.port).url("signoff")

    def start(self) -> None:
        """Start it, or recover it after a kill; returns when it takes connections."""
        program = [*self.owner, str(self.binaries / "postgres"), "-D", str(self.home / "data"), "-k", str(self.home)]
        listen = ["-p", str(self.port), "-h", "127.0.0.1"]
        with (self.home / "log").open("a") as log:
            self._server = subprocess.Popen([*program, *listen], cwd=self.home, stdout=log, stderr=log)  # noqa: S603
        Cluster(self.port).wait(self._server, self.home / "log")

    def kill(self) -> None:
        """As a power cut: no connection is told, nothing is finished."""
        _run(self.owner, self.binaries / "pg_ctl", "-D", self.home / "data", "-m", "immediate", "stop")
        self._server.wait(20)


@contextmanager
def primary() -> Iterator[Primary]:
    """A fresh one; skips the test where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    with tempfile.TemporaryDirectory(prefix="signoff-primary-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        server = Primary(home, binaries, _give_to_postgres(home))
        _run(server.owner, binaries / "initdb", "-D", home / "data", "-U", "signoff", "-A", "trust", "-E", "UTF8")
        server.start()
        try:
            schema.upgrade(Cluster(server.port).create("signoff"))
            yield server
        finally:
            server.kill()
