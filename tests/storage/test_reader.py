"""Rows become the same records whether they are built the short way or validated whole."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from storage.records import Decision, Execution, Person, Record, Request, Revision, Risk, Run, Step
from storage.sql.query import SQLITE, Query
from storage.sql.reader import Reader
from storage.sql.rows import columns
from storage.sql.tables import Decisions, Executions, Requests, Revisions, Row, Runs, Steps, table
from tests.storage.records import decision, execution, person, request, revision_of, run, step

KINDS: list[tuple[type[Record], type[Row], Record]] = [
    (Run, Runs, run()),
    (Run, Runs, run(origin=None, on_behalf_of=person(1), total_cost_usd=0.25)),
    (Step, Steps, step(1, detail={"a": [1, 0.1, None, {"b": "é"}]}, result="\U0001f600")),
    (Request, Requests, request()),
    (Request, Requests, request(places=(), evidence=(), labels=())),
    (Revision, Revisions, revision_of(request(), editor=person(2))),
    (Decision, Decisions, decision("d1", person(1), lent_by=person(2), notes="ok")),
    (Execution, Executions, execution(receipt={"id": "re_1"})),
]


def row_of(kind: type[Record], stored: type[Row], record: Record) -> tuple[Reader[Any], list[Any]]:
    """The reader of that kind, and the record as SQLite keeps it."""
    statement = Query(table(stored).insert()).on(SQLITE)
    kept = statement.parameters(vars(record))
    names = list(kind.model_fields)
    return Reader(kind, Query(select(*columns(table(stored), kind))).on(SQLITE)), [kept[name] for name in names]


@pytest.mark.parametrize(("kind", "stored", "record"), KINDS)
def test_first_and_later_rows_come_out_as_they_were_written(kind: type[Record], stored: type[Row], record: Record) -> None:
    reader, raw = row_of(kind, stored, record)
    first, later = reader.read(raw), reader.read(raw)
    assert first == later == record
    assert later.model_dump() == record.model_dump()
    assert [type(each) for each in vars(later).values()] == [type(each) for each in vars(first).values()]


def changed(raw: Sequence[Any], name: str, value: object) -> list[Any]:
    names = list(Request.model_fields)
    return [value if names[place] == name else each for place, each in enumerate(raw)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "approvedd"),
        ("revision", "two"),
        ("id", 7),
        ("arguments", "[1]"),
        ("arguments", "{"),
        ("verdict", '{"outcome": "approve"}'),
        ("requester", '{"key": 1, "name": "x"}'),
        ("places", "{}"),
        ("evidence", '[{"title": "x"}]'),
        ("created_at", "yesterday"),
        ("created_at", 12.5j),
    ],
)
def test_a_row_that_was_tampered_with_is_refused(name: str, value: object) -> None:
    reader, raw = row_of(Request, Requests, request())
    assert reader.read(raw) == reader.read(raw)  # this shape is built the short way from now on
    with pytest.raises((ValidationError, ValueError, TypeError)):
        reader.read(changed(raw, name, value))
    assert reader.read(raw).status == "pending"


def test_text_that_only_the_long_way_can_read_is_read() -> None:
    reader, raw = row_of(Request, Requests, request())
    reader.read(raw)
    lone = changed(raw, "arguments", '{"text": "\\ud800"}')
    assert reader.read(lone).arguments == {"text": "\ud800"}


def test_people_and_verdicts_are_records_and_not_text() -> None:
    reader, raw = row_of(Request, Requests, request())
    reader.read(raw)
    built = reader.read(raw)
    assert isinstance(built, Request)
    assert isinstance(built.requester, Person)
    assert built.verdict.risk is Risk.high
