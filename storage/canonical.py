"""Canonical JSON and the hashes that are built on it.

RFC 8785 (JSON Canonicalization Scheme) gives each JSON value exactly one byte string, so a hash of it can bind what a
person saw to what a machine runs.
"""

import hashlib
import json
from typing import Any

import rfc8785
from pydantic import JsonValue

from storage.records import JsonObject


class NotCanonical(ValueError):
    """The value has no canonical JSON form: a number that JSON cannot carry exactly, or a lone surrogate."""


_EXACT = 2**53  # from here on a number may stand for more than one integer


def canonical(value: JsonValue) -> bytes:
    """The RFC 8785 form of `value`, UTF-8. Raises `NotCanonical`."""
    try:
        return _encoder.encode(value).encode() if _plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(f"{error}: use a string for numbers beyond 2**53 and valid Unicode for text") from error


def digest(value: JsonValue) -> str:
    """SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def fingerprint(
    *, action: str, arguments: JsonObject, target: str, agent: str, tenant: str, revision: int, policy_version: str
) -> str:
    """The hash that binds what was shown to what runs: 64 hexadecimal digits over everything that matters."""
    return digest(
        {
            "action": action,
            "arguments": arguments,
            "target": target,
            "agent": agent,
            "tenant": tenant,
            "revision": revision,
            "policy_version": policy_version,
        }
    )


# What the RFC adds to sorted compact JSON is the order of names beyond ASCII, and its own form for whole, very large and
# very small fractions. Values without these, which is nearly all, go through the standard library's encoder, which is
# several times faster.
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def _plain(value: Any) -> bool:
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, dict):
        return all(map(_ascii, value)) and all(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    if isinstance(value, float):
        return 1e-4 <= abs(value) < 1e16 and not value.is_integer()
    return isinstance(value, int) and abs(value) < _EXACT


def _ascii(name: object) -> bool:
    return isinstance(name, str) and name.isascii()
