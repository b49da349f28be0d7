"""Seals and grants: made here, known here, good for nothing else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.seals import BadGrant, Grant, Seals
from storage.canonical import NotCanonical
from storage.records import JsonObject

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SEALS, OTHER = Seals([b"a" * 32]), Seals([b"b" * 32])
FACTS: JsonObject = {"request": "req_1", "revision": 1}
GRANT = Grant(
    execution="exe_1", request="req_1", action="pay", fingerprint="f" * 64, agent="payer", tenant="T1", revision=1,
    policy_version="v1", expires_at=NOW + timedelta(minutes=5),
)  # fmt: skip


def test_a_seal_holds_for_its_purpose_and_facts_and_for_nothing_else() -> None:
    seal = SEALS.seal("approve", FACTS)
    assert SEALS.holds(seal, "approve", FACTS)
    assert not SEALS.holds(seal, "reject", FACTS)
    assert not SEALS.holds(seal, "approve", {**FACTS, "revision": 2})
    assert not OTHER.holds(seal, "approve", FACTS)
    assert not SEALS.holds("", "approve", FACTS)
    assert not SEALS.holds("é" + seal[1:], "approve", FACTS)
    assert not SEALS.holds("\ud800" + seal[1:], "approve", FACTS)


def test_a_purpose_and_facts_cannot_be_shifted_into_each_other() -> None:
    assert SEALS.seal("a", {"b": "c"}) != SEALS.seal('a","facts":{"b":"c"}', {})


def test_what_has_no_canonical_form_has_no_seal() -> None:
    with pytest.raises(NotCanonical):
        SEALS.seal("approve", {"request": "\ud800"})


def test_after_a_rotation_old_seals_and_grants_still_count_and_new_ones_are_made_with_the_new_key() -> None:
    rotated = Seals([b"b" * 32, b"a" * 32])
    assert rotated.holds(SEALS.seal("approve", FACTS), "approve", FACTS)
    assert rotated.verify(SEALS.sign(GRANT), NOW) == GRANT
    assert OTHER.holds(rotated.seal("approve", FACTS), "approve", FACTS)
    assert OTHER.verify(rotated.sign(GRANT), NOW) == GRANT


@pytest.mark.parametrize("grant", [GRANT, replace(GRANT, request=None)])
def test_a_grant_comes_back_as_it_was_signed(grant: Grant) -> None:
    assert SEALS.verify(SEALS.sign(grant), NOW) == grant


def test_a_grant_lives_until_its_end_and_not_a_moment_longer() -> None:
    token = SEALS.sign(GRANT)
    SEALS.verify(token, GRANT.expires_at - timedelta(microseconds=1))
    with pytest.raises(BadGrant, match="five minutes"):
        SEALS.verify(token, GRANT.expires_at)


def test_a_grant_of_another_deployment_is_refused() -> None:
    with pytest.raises(BadGrant, match="not this deployment's"):
        SEALS.verify(OTHER.sign(GRANT), NOW)


def test_a_grant_that_names_our_key_but_was_signed_with_another_is_refused() -> None:
    header = jwt.get_unverified_header(SEALS.sign(GRANT))
    claims = jwt.decode(OTHER.sign(GRANT), options={"verify_signature": False})
    forged = jwt.encode(claims, OTHER._keys[0].private, algorithm="EdDSA", headers=header)
    with pytest.raises(BadGrant):
        SEALS.verify(forged, NOW)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_grant_cannot_choose_a_weaker_way_of_being_signed(algorithm: str) -> None:
    header = jwt.get_unverified_header(SEALS.sign(GRANT))
    claims = jwt.decode(SEALS.sign(GRANT), options={"verify_signature": False})
    public: Any = SEALS.public_keys()["keys"]
    secret: Any = public[0]["x"] if algorithm == "HS256" else None
    forged = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": header["kid"]})
    with pytest.raises(BadGrant):
        SEALS.verify(forged, NOW)


@given(st.integers(min_value=0), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_grant_in_which_one_character_was_changed_is_refused(at: int, other: str) -> None:
    token = SEALS.sign(GRANT)
    at %= len(token) - 1  # the last character of base64 has bits that nothing reads
    altered = token[:at] + other + token[at + 1 :]
    if altered == token:
        assert SEALS.verify(altered, NOW) == GRANT
    else:
        with pytest.raises(BadGrant):
            SEALS.verify(altered, NOW)


@pytest.mark.parametrize("text", ["", "a.b.c", "..", "é", "\ud800", "eyJhbGciOiJFZERTQSJ9.e30.AA"])
def test_what_is_no_grant_is_refused(text: str) -> None:
    with pytest.raises(BadGrant):
        SEALS.verify(text, NOW)


def test_executors_can_verify_grants_with_the_public_keys_alone() -> None:
    published = json.loads(json.dumps(SEALS.public_keys()))
    token = SEALS.sign(GRANT)
    [key] = jwt.PyJWKSet.from_dict(published).keys
    assert key.key_id == jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer="signoff", options={"verify_exp": False})
    assert (claims["jti"], claims["fingerprint"]) == ("exe_1", "f" * 64)
    assert "d" not in published["keys"][0], "the private half stays here"


@pytest.mark.parametrize("secrets", [[], [b"short"], [b"a" * 33]])
def test_keys_of_another_length_are_refused(secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Seals(secrets)
