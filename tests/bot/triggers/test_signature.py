"""Signatures of webhooks: what opens, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.triggers.signature import Stamp, genuine, keys_in, sign, timely

WRITTEN, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "C" * 32
[KEY], [NEW] = keys_in(WRITTEN), keys_in("whsec_" + "A" * 32)
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
STAMP = Stamp("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "")


def signed(key: bytes = KEY, body: bytes = BODY, stamp: Stamp = STAMP) -> Stamp:
    return replace(stamp, signatures=sign(key, stamp.id, stamp.timestamp, body))


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks: its key, its body, its signature."""
    assert sign(KEY, STAMP.id, STAMP.timestamp, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_with_the_key_is_genuine() -> None:
    assert genuine([KEY], signed(), BODY)
    assert genuine([NEW, KEY], signed(), BODY)  # while a new key is introduced
    assert genuine([KEY], replace(signed(), signatures=f"v1a,asymmetric v1,AAAA {signed().signatures}"), BODY)
    assert genuine([KEY], signed(body=b"\xff\x00"), b"\xff\x00")


@pytest.mark.parametrize(
    ("stamp", "body"),
    [
        (signed(), BODY + b" "),
        (replace(signed(), id="msg_other"), BODY),
        (replace(signed(), timestamp="1614265331"), BODY),
        (signed(NEW), BODY),
        (replace(signed(), signatures=signed().signatures.replace("v1,", "v2,")), BODY),
        (replace(signed(), signatures=signed().signatures.removeprefix("v1,")), BODY),
        (replace(signed(), signatures=signed().signatures[:-2]), BODY),
        (replace(signed(), signatures=""), BODY),
        (replace(signed(), signatures="v1,\udcff ü , ,,, v1"), BODY),
    ],
)
def test_what_differs_in_anything_is_not(stamp: Stamp, body: bytes) -> None:
    assert not genuine([KEY], stamp, body)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_a_timestamp_far_from_this_clock_is_refused(seconds: int) -> None:
    assert timely(signed(), AT + timedelta(seconds=seconds)) == "its timestamp is too far from this clock"


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_timestamp_near_this_clock_is_not(seconds: int) -> None:
    assert timely(signed(), AT + timedelta(seconds=seconds)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ""}, {"id": "a b"}, {"id": "ü"}, {"id": "x" * 256}, {"timestamp": ""}, {"timestamp": "now"},
        {"timestamp": "1614265330.5"}, {"timestamp": "-1"}, {"timestamp": "9" * 40}, {"timestamp": "١"}, {"signatures": ""},
        {"signatures": "x" * 5000},
    ],
)  # fmt: skip
def test_malformed_headers_are_refused(changed: dict[str, str]) -> None:
    assert timely(replace(signed(), **changed), AT) == "its headers are missing or malformed"


def test_a_variable_may_hold_several_secrets_with_or_without_padding() -> None:
    assert keys_in(f"{WRITTEN} , {OTHER}") == (*keys_in(WRITTEN), *keys_in(OTHER))
    assert keys_in("whsec_" + "A" * 34) == keys_in("whsec_" + "A" * 34 + "==")


@pytest.mark.parametrize(
    "written", ["", "secret", "whsec_", "whsec_abc", WRITTEN[6:], "whsec_" + "A" * 100, f"{WRITTEN},", "whsec_ÄÄ"]
)
def test_what_is_no_secret_is_refused_without_telling_it(written: str) -> None:
    with pytest.raises(ValueError, match="holds no webhook secret: write whsec_") as raised:
        keys_in(written)
    assert WRITTEN[6:] not in str(raised.value)
