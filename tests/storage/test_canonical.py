"""Canonical JSON is RFC 8785, whichever of the two encoders writes it."""

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from storage.canonical import NotCanonical, canonical
from storage.records import Outcome

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars, lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=6), part, max_size=4), max_leaves=20
)


@given(values)
@example({"b": 1, "a": {"\x7f": '\x00\x1f"\\/é€😀\u2028', "Z": [True, None, -0.0]}})
@example({"\ue000": 1, "😀": 2})  # sorted by UTF-16 units, not by code points
@example({"a": 1e21, "b": 0.000001})
def test_it_is_what_the_library_for_rfc_8785_writes(value: JsonValue) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_an_enumeration_is_its_value() -> None:
    assert canonical({"verdict": Outcome.approve}) == b'{"verdict":"approve"}'


@pytest.mark.parametrize("value", [2**53, -(2**53), {"a": [2**70]}, "\ud800", {"\udfff": 1}, float("nan"), [float("inf")]])
def test_what_has_no_exact_form_is_refused(value: JsonValue) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)
