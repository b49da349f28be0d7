"""Whatever an app sends as blocks or as a view, it gets problems or nothing, never an exception."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.blocks import CHECKS, check_blocks, check_view
from bot.sandbox.elements import ACCESSORIES, INPUTS

FIELDS = (
    "type", "text", "fields", "elements", "element", "accessory", "label", "hint", "options", "option_groups", "value",
    "action_id", "block_id", "confirm", "title", "deny", "style", "placeholder", "min_length", "max_length", "rows",
    "initial_value", "min_value", "is_decimal_allowed", "image_url", "alt_text", "blocks", "submit", "close",
    "private_metadata", "description", "url", "initial_option", "slack_file", "indent", "border",
)  # fmt: skip
TYPES = (*CHECKS, *ACCESSORIES, *INPUTS, "mrkdwn", "plain_text", "rich_text_section", "rich_text_list", "modal", "home", "x")
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(TYPES) | st.text(max_size=4)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda fields, kind: {**fields, "type": kind},
            st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
            st.sampled_from(TYPES) | inner,
        )
    ),
    max_leaves=12,
)
BLOCKS = st.builds(
    lambda fields, kind: {**fields, "type": kind},
    st.dictionaries(st.sampled_from(FIELDS), DOCUMENTS, max_size=6),
    st.sampled_from(tuple(CHECKS)),
)
patient = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patient
@given(st.lists(BLOCKS | DOCUMENTS, max_size=3))
def test_no_blocks_break_the_check(blocks: list[Any]) -> None:
    assert all(str(each).startswith("[ERROR] ") for each in check_blocks(blocks, "message"))


VIEWS = st.dictionaries(st.sampled_from(FIELDS), DOCUMENTS | st.lists(BLOCKS, max_size=2))


@patient
@given(VIEWS, st.sampled_from(["modal", "home"]))
def test_no_view_breaks_the_check(fields: dict[str, Any], kind: str) -> None:
    assert all(str(each).startswith("[ERROR] ") for each in check_view({**fields, "type": kind}))
