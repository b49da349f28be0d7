"""A PostgreSQL cluster that lives as long as a test session, with fsync on, reachable from this machine only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.scratch import scratch


def find_binaries() -> Path | None:
    """The newest installed PostgreSQL's programs."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    return installed[-1].parent if installed else None


@dataclass(frozen=True)
class Cluster:
    port: int

    @classmethod
    @contextmanager
    def start(cls, binaries: Path) -> Iterator["Cluster"]:
        with tempfile.TemporaryDirectory(prefix="signoff-pg-", dir=scratch(), ignore_cleanup_errors=True) as folder:
            home, port = Path(folder), _free_port()
            owner = _give_to_postgres(home)
            _run(owner, binaries / "initdb", "-D", home / "data", "-U", "signoff", "-A", "trust", "-E", "UTF8")
            command = [*owner, str(binaries / "postgres"), "-D", str(home / "data"), "-k", folder]
            listen = ["-p", str(port), "-h", "127.0.0.1", "-c", "max_connections=200"]
            with (home / "log").open("w") as log:
                server = subprocess.Popen([*command, *listen], cwd=home, stdout=log, stderr=log)  # noqa: S603
            try:
                cluster = cls(port)
                cluster.wait(server, home / "log")
                yield cluster
            finally:
                _run(owner, binaries / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop")
                server.wait(20)

    def url(self, name: str) -> str:
        return f"postgresql://signoff@127.0.0.1:{self.port}/{name}"

    def wait(self, server: "subprocess.Popen[bytes]", log: Path) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.05)
            else:
                return

    def create(self, name: str) -> str:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def empty(self, url: str) -> None:
        """Delete all rows, the audit chain's too. Much cheaper than a new database, which costs a checkpoint."""
        with psycopg.connect(url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET session_replication_role = replica")  # no triggers
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                if name != "alembic_version":
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))


def _give_to_postgres(home: Path) -> list[str]:
    """PostgreSQL refuses to run as root; then it runs as the user that its package made."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(home, account.pw_uid, account.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _run(owner: list[str], *command: str | Path) -> None:
    subprocess.run([*owner, *map(str, command)], check=True, capture_output=True, cwd="/")  # noqa: S603


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
