"""Names that mix alphabets are told; ordinary names and prose in any alphabet are not."""

import pytest

from bot.cards.look_alikes import look_alikes


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("https://b\u0430nk.example/login", "mixes Cyrillic and Latin letters"),
        ("mia@b\u0430nk.example", "mixes Cyrillic and Latin letters"),
        ("m\u0456a@bank.example", "mixes Cyrillic and Latin letters"),
        ("p\u03b1ypal.example", "mixes Greek and Latin letters"),
        ("Pay to https://user@\u0440aypal.example today", "mixes Cyrillic and Latin letters"),
        ("https://xn--80ak6aa92e.example/", "stands for “аррӏе.example”"),
        ("mia@xn--80ak6aa92e.example", "stands for “аррӏе.example”"),
        ("xn--80ak6aa92e.example", "stands for"),
    ],
)
def test_a_name_that_may_be_mistaken_is_told(text: str, remark: str) -> None:
    [told] = look_alikes(text)
    assert remark in told


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.example/login", "mia@bank.example", "пример.com", "https://пример.рф/", "münchen.example", "日本語.jp",
        "Привет mia@bank.example, как дела?", "Привет.Как дела", "Order 4711 at OOO Ромашка", "μm and kΩ", "ἄλφα.gr",
        "Ελλάδα", "αβγ@example.gr", "x", "", "a.b", "@", "://", "3.14", "user:pass@host", "Яндекс Go",
        "iPhone 15 Про",
    ],
)  # fmt: skip
def test_ordinary_names_and_prose_are_not(text: str) -> None:
    assert look_alikes(text) == ()


def test_each_name_is_told_once() -> None:
    name = "https://b\u0430nk.example"
    assert len(look_alikes(name, name, f"{name} {name}")) == 1


def test_a_megabyte_is_done_soon() -> None:
    assert look_alikes("ж@" * 500_000, "://ж" * 250_000, "ж" * 1_000_000) is not None
