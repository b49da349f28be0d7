"""What others wrote is shown harmless, and nothing of it disappears."""

import sys
import unicodedata

import pytest

from bot.cards.inert import beginning, hiding, host, inert, inert_line


@pytest.mark.parametrize(
    "text",
    [
        "A plain line.\n\twith a tab",
        "Grüße aus Köln, façade, naïve",
        "استرداد مبلغ ٤٨٠ دولارًا للعميل",
        "החזר כספי של 480 דולר",
        "می\u200cخواهم",  # Persian needs the non-joiner between letters
        "क्\u200dष",
        "👩\u200d💻 ❤\ufe0f 👍🏽 1\ufe0f\u20e3",
        "日本語のチケット",
        "<U+202E> typed by hand",
    ],
)
def test_ordinary_text_reads_as_written(text: str) -> None:
    assert inert(text) == text


HIDDEN = [
    0x00, 0x07, 0x0D, 0x1B, 0x7F, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C,
    0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0x2800, 0x3164, 0xD800, 0xE000,
    0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFF, 0x1D173, 0xE0001, 0xE0041, 0xE0100, 0x10FFFF,
]  # fmt: skip


@pytest.mark.parametrize("point", HIDDEN, ids=lambda point: f"U+{point:04X}")
def test_hidden_character_is_shown_by_name(point: int) -> None:
    assert inert(f"a{chr(point)}b") == f"a<U+{point:04X}>b"


def test_every_code_point_is_itself_or_its_name() -> None:
    for point in range(sys.maxunicode + 1):
        shown = inert(f"x{chr(point)}x")
        category = unicodedata.category(chr(point))
        if category in {"Cf", "Co", "Cs", "Cn", "Zl", "Zp"}:
            assert shown == f"x<U+{point:04X}>x"
        else:
            assert shown in (f"x{chr(point)}x", f"x<U+{point:04X}>x")


def test_crlf_is_a_newline_and_lone_cr_is_shown() -> None:
    assert inert("a\r\nb\rc") == "a\nb<U+000D>c"


def test_a_line_is_one_line() -> None:
    assert inert_line(" a\n\n b\u202e ") == "a b<U+202E>"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://help.example.com/refunds?x=1", "help.example.com"),
        ("https://good.example.com@evil.example.net/", "evil.example.net"),
        ("https://раураl.com/login", "xn--l-7sba6dbr.com"),
        ("https://" + "a" * 80 + ".example.com/", "https://" + "a" * 80 + ".example.com/"),
        ("orders/4711", "orders/4711"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://[bad/", "https://[bad/"),
        ("", ""),
    ],
)
def test_host_is_where_the_link_leads(link: str, shown: str) -> None:
    assert host(link) == shown


def test_beginning_counts_what_is_left() -> None:
    assert beginning("abcdef", 4) == ("abcd", 2)
    assert beginning("abcdef", 6) == ("abcdef", 0)


def test_what_hides_is_named_once() -> None:
    assert hiding("a\u202eb\u202ec\u200bd <U+0041>\r\n") == ("<U+202E>", "<U+200B>")
    assert hiding("ordinary, עברית, 👩‍👩‍👧‍👦, <U+202E>") == ()
