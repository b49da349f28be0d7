"""What differs between two texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.difference import LONGEST, difference

SHOWN = {
    ("480.00", "300.00"): [("gone", "480.00"), ("new", "300.00")],
    ("Pay the lamp shop today", "Pay the rail today"): [
        ("same", "Pay the "), ("gone", "lamp shop"), ("new", "rail"), ("same", " today"),
    ],
    ("", "now"): [("new", "now")],
    ("same", "same"): [("same", "same")],
    ("a b", "x y z"): [("gone", "a b"), ("new", "x y z")],
}  # fmt: skip


@pytest.mark.parametrize(("texts", "pieces"), SHOWN.items())
def test_only_what_differs_is_marked(texts: tuple[str, str], pieces: list[tuple[str, str]]) -> None:
    assert list(difference(*texts)) == pieces


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_character_is_lost(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(each.text for each in pieces if each.kind != "new") == before
    assert "".join(each.text for each in pieces if each.kind != "gone") == after


def test_long_texts_are_shown_whole() -> None:
    before, after = "a " * LONGEST, "b " * LONGEST
    assert [each.text for each in difference(before, after)] == [before, after]
