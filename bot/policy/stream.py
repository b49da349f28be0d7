"""Lines from a stream as they arrive, in memory that does not grow with what arrives."""

from collections.abc import Iterator
from typing import Protocol

CHUNK = 1 << 16  # bytes


class Arriving(Protocol):
    """A stream that gives what is there, and waits only while there is nothing."""

    def read1(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def batches(stream: Arriving, longest: int) -> Iterator[list[bytes | None]]:
    """The lines that arrived together, without their ends, so that whoever answers can answer before waiting for more. One
    of more than `longest` bytes is None."""
    pending, skipping = bytearray(), False
    while chunk := stream.read1(CHUNK):
        *whole, rest = chunk.split(b"\n")
        found: list[bytes | None] = []
        for part in whole:
            pending += part
            found.append(None if skipping or len(pending) > longest else bytes(pending))
            pending, skipping = bytearray(), False
        pending += rest
        if len(pending) > longest:
            pending, skipping = bytearray(), True
        if found:
            yield found
    if skipping or pending:
        yield [None if skipping else bytes(pending)]
