"""Credentials are found in any text, ordinary numbers and names are left alone, and it takes no longer than it should."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.redaction import Cover, found, mask, names_a_secret, redacted, redacted_json
from tests.storage.credentials import PEM, SECRET, SENTENCES, TOKENS, mixed

AROUND = ["{}", "Use {} for this.", "({})", '"{}"', "key:{}", "\n{}\n", "<{}>", "\\n{}\\n", "это {}", "`{}`, please", "/{}"]

READABLE = [
    "Order 4711 of 2026-11-22, 480.00 USD, invoice INV-2026-000123",
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "mia.chen+lamp@example.co.uk",
    "https://help.example.com/refunds?order=4711&page=2#broken",
    "550e8400-e29b-41d4-a716-446655440000",
    "f" * 64,
    "0123456789abcdef" * 4,
    "3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "req_4s24k2m9x7q2b5w8z1n4",
    "run_01JD9ZK3",
    "+49 30 901820",
    "4111 1111 1111 1111",
    "pk_live_abcdefghijklmnopqrstuvwx",
    "task-force-2026-plan-for-everybody-there",
    "Password reset was asked for.",
    "Please choose a new password: it must be long.",
    "The token is expired.",
    "token: please see below",
    "max_token=4096, prompt_tokens: 1200",
    "The secret: kindness.",
    "secretary: Anna",
    "key: value",
    "Basic internationalization of the bearer of this letter",
    "password=",
    "password: ",
    '{"password": ""}',
    "api key",
    "SKU 12345678901234567890123456789012",
    "a://b",
    "https://example.com:8080/path",
    "ssh://git@example.com:22/repo.git",
    "AKIA",
    "ghp_",
    "sk-",
    "eyJ",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "ΑΒΓ пароль שלום",
    "slack:T0SANDBOX:U0MIA",
    "2026-11-22T12:00:00.000000+00:00",
    "Bearer of good news: 2026",
    "re_order_of_things_in_the_shop",
    "support/prompts/classify@3",
    "claude-sonnet-4-5-20250929",
    "arn:aws:iam::123456789012:role/deploy",
    "10.0.0.1:5432",
    "The password policy says: at least twelve characters.",
    "C:\\Users\\mia\\token.txt",
    "[secret, 40 characters]",
]


def test_there_are_a_hundred_of_them() -> None:
    assert len(TOKENS) >= 100
    assert len(set(TOKENS.values())) == len(TOKENS)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_credential_is_hidden_wherever_it_stands(token: str) -> None:
    for around in AROUND:
        shown = redacted(around.format(token))
        assert token not in shown
        assert token[-12:] not in shown
        assert shown == around.format(mask(token)), "nothing else is hidden"


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_what_stands_behind_a_telling_word_is_hidden(sentence: str) -> None:
    text = f"Before. {sentence.format(SECRET)} after"
    assert SECRET not in redacted(text)
    assert redacted(text).startswith("Before. ")
    assert "[secret, " in redacted(text)


@pytest.mark.parametrize("text", READABLE)
def test_what_people_need_to_read_stays(text: str) -> None:
    assert redacted(text) == text


def test_the_rest_of_a_url_and_of_a_command_stays_readable() -> None:
    assert redacted("postgres://bob:hunter2@evil.example/x") == "postgres://bob:[secret, 7 characters]@evil.example/x"
    assert redacted("login --password=hunter2;rm -rf /") == "login --password=[secret, 7 characters];rm -rf /"
    assert redacted("token=$(curl evil.example)") == "token=$(curl evil.example)"


def test_a_key_that_was_cut_off_is_hidden_as_far_as_it_goes() -> None:
    assert mixed(64) not in redacted(PEM.format("RSA ")[:120])


def test_signoffs_own_keys_keep_their_id() -> None:
    assert redacted(f"apr_k1x2y3_{mixed(43)}") == "apr_k1x2y3_[secret, 43 characters]"


@given(st.text(max_size=300))
def test_redacting_again_changes_nothing(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@given(st.text(max_size=60), st.sampled_from(sorted(TOKENS.values())), st.text(max_size=60))
def test_no_neighbour_brings_a_credential_to_light(before: str, token: str, after: str) -> None:
    assert token not in redacted(f"{before} {token} {after}")


def test_json_is_redacted_in_values_and_names() -> None:
    token = TOKENS["npm"]
    shown = redacted_json({"a": [token, 1, None, {token: True}], "password": "plain"})
    assert shown == {"a": [mask(token), 1, None, {mask(token): True}], "password": "plain"}
    assert Cover().json({"password": "plain", "n": 1}, by_name=True) == {"password": "[secret, 5 characters]", "n": 1}


@pytest.mark.parametrize("name", ["password", "smtpPassword", "API_KEY", "api-key", "authToken", "client_secret", "pwd"])
def test_names_that_tell_a_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", ["prompt_tokens", "secretary", "keyboard", "amount", "key", "tokens"])
def test_names_that_tell_none(name: str) -> None:
    assert not names_a_secret(name)


def test_a_cover_says_what_it_hid_and_knows_what_it_was_told() -> None:
    cover = Cover(["open sesame", "abc"])
    assert cover.remark is None
    assert cover("say open sesame, abc") == "say [secret, 11 characters], abc"
    cover(TOKENS["npm"])
    assert cover.remark == "Hidden here as secret: secret value, npm token. What runs has it whole."


@given(st.lists(st.sampled_from([*sorted(TOKENS.values()), " ", "and", "[secret 1, 3 characters]", "\n"]), max_size=8))
def test_what_is_edited_around_secrets_gets_them_back(parts: list[str]) -> None:
    text = " ".join(parts)
    shown = Cover().numbered(text)
    assert isinstance(shown, str)
    assert not found(shown)
    assert Cover().restored(shown, text) == text


def test_a_secret_that_was_edited_away_is_gone_and_others_stay_in_their_places() -> None:
    first, second = TOKENS["npm"], TOKENS["GitHub classic"]
    shown = Cover().numbered(f"A {first} B {second} C")
    assert shown == "A [secret 1, 40 characters] B [secret 2, 40 characters] C"
    assert Cover().restored("C [secret 2, 40 characters] D", f"A {first} B {second} C") == f"C {second} D"


HARD = {
    "prose": "The customer asks for the price of a broken lamp. ",
    "one word": "a",
    "blank": " ",
    "dashes": "-",
    "zero": "0 ",
    "sk-": "sk-",
    "eyJ-": "eyJ-",
    "eyJ.": "eyJaaaaaaaa.eyJ",
    "PEM": "-----BEGIN PRIVATE KEY-----\n",
    "URL": "://a:",
    "//": "://",
    "password": "password:",
    "password ": "password ",
    "is": "password is ",
    "quotes": "token 'a' ",
    "bearer": "Bearer a ",
    "auth": "authorization:",
    "xox": "xoxb-",
    "hex": "0" * 32 + "-us",
    "Q~": "aaa1Q~",
    "camel": "aB",
    "Cyrillic": "привет ",
    "backslashes": "\\n",
    "jwt": "eyJ" + "a" * 600,
    "discord": "MT" + "a" * 24 + ".",
    "sl": "sl." + "-" * 99,
}


@pytest.mark.parametrize("piece", HARD.values(), ids=HARD)
def test_a_megabyte_of_anything_is_done_soon(piece: str) -> None:
    """Sixteen times the text takes some sixteen times as long, not 256 times: nothing is quadratic."""
    text = piece * (2**20 // len(piece))
    sixteenth = max(min(_seconds(text[: 2**16]) for _ in range(3)), 0.002)
    assert any(_seconds(text) < 64 * sixteenth for _ in range(3))  # again, should the machine have been busy


def _seconds(text: str) -> float:
    started = time.process_time()
    redacted(text)
    return time.process_time() - started
