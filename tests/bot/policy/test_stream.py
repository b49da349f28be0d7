"""Lines as they arrive."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.stream import batches


class Arriving:
    """A stream of which each read gives one piece."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces, b""]

    def read1(self, size: int, /) -> bytes:
        return self._pieces.pop(0)


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ((), []),
        ((b"a\nb\n",), [[b"a", b"b"]]),
        ((b"a", b"b\nc", b"\n"), [[b"ab"], [b"c"]]),
        ((b"a\nb",), [[b"a"], [b"b"]]),
        ((b"\n\n",), [[b"", b""]]),
        ((b"1234\n12345\n1\n",), [[b"1234", None, b"1"]]),
        ((b"1234", b"5", b"6789", b"\n1\n"), [[None, b"1"]]),
        ((b"12345",), [[None]]),
    ],
)
def test_lines_come_together_that_arrived_together(pieces: tuple[bytes, ...], found: list[list[bytes | None]]) -> None:
    assert list(batches(Arriving(*pieces), 4)) == found


@given(st.lists(st.text("ab\n", min_size=1).map(str.encode)))
def test_the_lines_are_the_same_however_they_arrive(pieces: list[bytes]) -> None:
    expected = io.BytesIO(b"".join(pieces)).readlines()
    assert [line for batch in batches(Arriving(*pieces), 1000) for line in batch] == [
        each.rstrip(b"\n") for each in expected
    ]
