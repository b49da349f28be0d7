"""Bodies that nobody well-meaning sends: refused in words, and never at the cost of the service's memory."""

import asyncio
import gzip
import io
import json
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from bot.api.problems import Problem
from bot.api.reading import BODY_MAX, DEPTH_MAX, PARTS_MAX, parsed
from tests.bot.api.office import ASK, Office, Program

MIB = 1024 * 1024


def with_argument(value: bytes) -> bytes:
    """A submission of an unknown action with one raw JSON value in it."""
    body = json.dumps({**ASK, "action": "anything", "target": "x", "arguments": {"value": "HERE"}})
    return body.encode().replace(b'"HERE"', value)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


REFUSED = {
    "nothing": b"",
    "no JSON": b"{'action': 'pay'}",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "cut off": b'{"action": "pay',
    "two values": b"{} {}",
    "no UTF-8": b'{"action": "\xff"}',
    "UTF-16": '{"action": "pay"}'.encode("utf-16"),
    "deep list": nested(1000),
    "deep list in arguments": with_argument(nested(1000)),
    "deep object": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "brackets without end": b"[" * MIB,
    "a million parts": b"[" + b"0," * (MIB // 2 - 2) + b"0]",
    "a million lists": b"[" + b"[]," * (MIB // 3 - 2) + b"[]]",
    "a hundred thousand keys": b"{" + b",".join(b'"%x":0' % n for n in range(100_000)) + b"}",
    "the same key twice": b'{"action": "pay", "action": "note"}',
    "the same key, escaped": b'{"action": "pay", "\\u0061ction": "note"}',
    "the same key in arguments": with_argument(b'{"a": 1, "a": 2}'),
    "NaN": with_argument(b"NaN"),
    "infinity": with_argument(b"-Infinity"),
    "a number that becomes infinity": with_argument(b"1e999"),
    "beyond 2**53": with_argument(b"9007199254740993"),
    "beyond 2**53 as a fraction": with_argument(b"9007199254740993.0"),
    "ten thousand digits": with_argument(b"9" * 10_000),
    "NUL": with_argument(b'"a\\u0000b"'),
    "NUL in a name": with_argument(b'{"a\\u0000": 1}'),
    "half a surrogate pair": with_argument(b'"\\ud800"'),
    "half a pair, the other way": with_argument(b'"\\udc00\\ud800"'),
    "a raw NUL": with_argument(b'"a\x00b"'),
    "a raw newline": with_argument(b'"a\nb"'),
    "quotes without end": b'"' + b'\\"' * (MIB // 2 - 1),
    "an unknown name": json.dumps({**ASK, "approved": True}).encode(),
    "too much evidence": json.dumps({**ASK, "evidence": [{"title": "t", "quote": "q"}] * 4}).encode(),
    "a risk of its own": json.dumps({**ASK, "risk": "none"}).encode(),
    "markup for a name": json.dumps({**ASK, "agent": "<!channel>"}).encode(),
    "an action with spaces": json.dumps({**ASK, "action": "pay now"}).encode(),
    "no summary": json.dumps({**ASK, "summary": ""}).encode(),
}


async def posted(program: Program, raw: bytes | AsyncIterator[bytes], **headers: str) -> tuple[int, str]:
    data = io.BytesIO(raw) if isinstance(raw, bytes) else raw
    told = await program.call("POST", "/v1/requests", data=data, headers={"Idempotency-Key": "k", **headers})
    return told.status, told.detail if told.status >= 400 else ""


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_read_in_one_way_only_is_refused(sqlite_office: Office, raw: bytes) -> None:
    status, detail = await posted(await sqlite_office.program(), raw)
    assert status == 422, detail
    assert detail
    assert len(detail) < 400
    assert await sqlite_office.stage.read(lambda tx: tx.requests()) == []


async def test_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not(office: Office, agent: Program) -> None:
    office.stage.adopt("defaults: {reviewers: [ravi@example.com]}\nrules: []")
    frame = len(with_argument(b'""'))
    assert (await posted(agent, with_argument(b'"%s"' % (b"x" * (BODY_MAX - frame)))))[0] == 201
    status, detail = await posted(agent, with_argument(b'"%s"' % (b"x" * (BODY_MAX - frame + 1))))
    assert (status, "1,048,576 bytes" in detail) == (413, True)


async def test_a_body_whose_length_nobody_says_is_bounded_too(sqlite_office: Office) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * MIB

    program = await sqlite_office.program()
    with suppress(ConnectionError):  # the answer may be out before everything was sent
        assert (await posted(program, endless()))[0] == 413
    assert (await program.get("/v1/requests/req_1")).status == 404


async def test_a_compressed_bomb_is_measured_unpacked(sqlite_office: Office) -> None:
    bomb = gzip.compress(b'{"summary": "' + b"x" * (64 * MIB) + b'"}')
    status, _ = await posted(await sqlite_office.program(), bomb, **{"Content-Encoding": "gzip"})
    assert status == 413
    status, _ = await posted(await sqlite_office.program(), b"not gzip", **{"Content-Encoding": "gzip"})
    assert status == 400


async def test_without_a_key_no_byte_of_the_body_is_read(sqlite_office: Office) -> None:
    assert (await posted(sqlite_office.stranger("apr_x_y"), b"[" * MIB))[0] == 401


async def test_long_and_odd_but_honest_texts_come_back_as_they_were_sent(office: Office, agent: Program) -> None:
    office.stage.adopt("defaults: {reviewers: [ravi@example.com]}\nrules: []")
    odd: dict[str, Any] = {
        "long": "x" * 200_000,
        "bidi": "\u202eabc",
        "arabic": "السلام عليكم",
        "emoji": "👩‍👩‍👧",
        "none": None,
        "n": -1.5,
        "": [{}],
    }
    req = await agent.asked(action="anything", target="<!channel> & *x*", arguments=odd, summary="<@U1> \u200b")
    assert (await agent.get(f"/v1/requests/{req}")).body["arguments"] == odd
    request = await office.request(req)
    assert (request.arguments, request.target, request.summary) == (odd, "<!channel> & *x*", "<@U1> \u200b")
    await office.approve(req)
    assert (await agent.claim(req)).body["arguments"] == odd


@pytest.mark.parametrize("raw", [each for each in REFUSED.values() if len(each) > 50_000])
def test_refusing_a_giant_costs_little_memory(raw: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Problem):
            parsed(raw)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_what_is_just_within_the_bounds_is_read() -> None:
    assert parsed(b'{"a":' * DEPTH_MAX + b"1" + b"}" * DEPTH_MAX)
    assert len(str(parsed(b'{"a":[' + b"0," * (PARTS_MAX - 5) + b"0]}")["a"])) > PARTS_MAX
    assert parsed(b'{"a": "[[[[{{{{,,,,\\"", "b": 9007199254740992}') == {"a": '[[[[{{{{,,,,"', "b": 2**53}


async def test_a_body_that_never_ends_is_given_up(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.api.reading.BODY_WITHIN", 0.2)
    program = await sqlite_office.program()

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    told = await program.call("POST", "/v1/requests", data=drip(), headers={"Idempotency-Key": "k"})
    assert (told.status, told.body["type"]) == (408, "urn:signoff:slow-body")
