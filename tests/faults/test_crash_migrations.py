"""Row 4: `signoff db upgrade` killed half-way leaves the old schema or the new one, and the next one ends with the new."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from storage.sql import schema
from storage.sql.address import PostgresServer, parse
from storage.sql.procrastinate_schema import upgrade as upgrade_procrastinate
from tests.faults.crash import Nursery, nursery
from tests.storage.cluster import Cluster

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
SAMPLES = 100 if FULL else 4
MIGRATIONS = Path(schema.__file__).parent.parent / "migrations"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900 if FULL else 120)]

Fresh = Callable[[], str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def parent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nursery]:
    async with nursery(tmp_path_factory.mktemp("nursery") / "log") as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Makes an empty database each time it is called."""
    made: list[str] = []

    def sqlite() -> str:
        made.append(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
        return made[-1]

    def postgresql() -> str:
        cluster: Cluster = request.getfixturevalue("cluster")
        made.append(cluster.create(f"{tmp_path.name}_{len(made)}"))
        return made[-1]

    return sqlite if request.param == "sqlite" else postgresql


def first(url: str) -> None:
    """Make the first version of the schema, with a row in it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with schema.transaction(parse(url)) as connection:
        if isinstance(parse(url), PostgresServer):
            upgrade_procrastinate(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO deliveries (key, at) VALUES ('kept', '2026-11-01 00:00:00+00:00')"))


def kept(url: str) -> int:
    """How many rows of the first version are there."""
    with schema.transaction(parse(url)) as connection:
        return int(connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one())


def nothing(url: str) -> None:
    """Begin with an empty database."""


@pytest.mark.parametrize(("begin", "before"), [(nothing, None), (first, "0001")], ids=["empty", "first"])
async def test_an_upgrade_killed_half_way_is_rolled_back_and_the_next_one_succeeds(
    parent: Nursery, fresh: Fresh, begin: Callable[[str], None], before: str | None
) -> None:
    whole = fresh()
    begin(whole)
    told = await (await parent.start(do="upgrade", url=whole)).ready
    statements = int(told["statements"])
    for number in sorted({round(each * (statements - 1) / (SAMPLES - 1)) for each in range(SAMPLES)}):
        url = fresh()
        begin(url)
        child = await parent.start(do="upgrade", url=url, statement=number)
        assert await child.ended == -signal.SIGKILL
        assert await asyncio.to_thread(schema.current, url) in (before, schema.head())
        assert await asyncio.to_thread(schema.upgrade, url) == schema.head()
        schema.check(url)
        assert kept(url) == (0 if before is None else 1)
