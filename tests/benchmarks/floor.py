"""The floor: what the same number of commits costs that do nothing else."""

import time
from pathlib import Path

from storage.sql.sqlite import connect


def bare_commits(database: Path, number: int) -> float:
    """Commits a second, each of one small row, on a file as Signoff opens it."""
    connection = connect(database)
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (number INTEGER PRIMARY KEY, body TEXT)")
        began = time.perf_counter()
        for _ in range(number):
            connection.execute("INSERT INTO bare (body) VALUES ('one small row')")
        return number / (time.perf_counter() - began)
    finally:
        connection.close()
