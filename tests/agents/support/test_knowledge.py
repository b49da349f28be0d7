"""The help centre finds what a ticket is about, whatever is in the ticket."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.support.knowledge import Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Iterator[Knowledge]:
    knowledge = Knowledge(url="https://help.example/")
    yield knowledge
    knowledge.close()


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
async def test_the_best_article_comes_first(knowledge: Knowledge, text: str, slug: str) -> None:
    best = (await knowledge.search(text))[0]

    assert (best.slug, best.link) == (slug, f"https://help.example/{slug}")
    assert best.title
    assert not best.title.startswith("#")


@pytest.mark.parametrize("text", ["", "the and a", "مصباح"])
async def test_nothing_is_found_where_nothing_is_said(knowledge: Knowledge, text: str) -> None:
    assert await knowledge.search(text) == ()


@given(
    st.one_of(
        st.text(), st.sampled_from(['refund" OR 1', "NEAR(refund, 2)", "refund*", "title:refund", "- AND NOT (", "refund\0"])
    )
)
async def test_no_ticket_breaks_the_query(knowledge: Knowledge, text: str) -> None:
    assert len(await knowledge.search(text)) <= 3


async def test_what_is_far_behind_the_best_is_left_out(knowledge: Knowledge) -> None:
    found = await knowledge.search("Are you open on Saturday, and what are your opening hours on Sunday? I have a lamp.")
    assert [article.slug for article in found] == ["opening-hours"]
