"""The help centre finds what a ticket is about, whatever is in the ticket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.support.knowledge import Knowledge

KNOWLEDGE = Knowledge(url="https://help.example/")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("My lamp arrived broken and I want a refund", "refunds"),
        ("When do you open on Saturdays?", "opening-hours"),
        ("how much is shipping and how long does it take", "delivery"),
        ("please change my phone number", "change-details"),
        ("delete my account", "delete-data"),
        ("Which bulbs fit?", "bulbs"),
        ("Is there a warranty?", "warranty"),
        ("can I pay with PayPal", "payment"),
    ],
)
async def test_the_best_article_comes_first(text: str, slug: str) -> None:
    best = (await KNOWLEDGE.search(text))[0]

    assert (best.slug, best.link) == (slug, f"https://help.example/{slug}")
    assert best.title
    assert not best.title.startswith("#")


@pytest.mark.parametrize("text", ["", "the and a", "مصباح"])
async def test_nothing_is_found_where_nothing_is_said(text: str) -> None:
    assert await KNOWLEDGE.search(text) == ()


@given(
    st.one_of(
        st.text(), st.sampled_from(['refund" OR 1', "NEAR(refund, 2)", "refund*", "title:refund", "- AND NOT (", "refund\0"])
    )
)
async def test_no_ticket_breaks_the_query(text: str) -> None:
    assert len(await KNOWLEDGE.search(text)) <= 3
