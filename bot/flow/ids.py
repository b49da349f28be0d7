"""Ids, handed in so that tests can know them beforehand."""

import secrets
from typing import Protocol

# Crockford's base 32 in lower case: no i, l, o, u, so an id can be read aloud and typed on a phone.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_FIVE_BITS = bytes(byte % len(ALPHABET) for byte in range(256))  # 32 letters divide 256, so each is as likely
LENGTH = 12  # 60 bits: a collision is likely only among a billion ids; the primary key refuses it


def spelt(prefix: str, digest: bytes) -> str:
    """The id that these bytes give, of which the first twelve count: the same for the same bytes."""
    return f"{prefix}_" + "".join(map(ALPHABET.__getitem__, digest[:LENGTH].translate(_FIVE_BITS)))


class Ids(Protocol):
    """Where new ids come from."""

    def new(self, prefix: str) -> str:
        """An id such as `req_4k7m2q9xva0d`."""

    def trace(self) -> str:
        """A W3C trace id: 32 hexadecimal digits."""

    def span(self) -> str:
        """A W3C span id: 16 hexadecimal digits."""


class RandomIds:
    """Ids from the operating system's randomness."""

    def new(self, prefix: str) -> str:
        """A random id with that prefix."""
        return spelt(prefix, secrets.token_bytes(LENGTH))

    def trace(self) -> str:
        """A random W3C trace id."""
        return secrets.token_hex(16)

    def span(self) -> str:
        """A random W3C span id."""
        return secrets.token_hex(8)
