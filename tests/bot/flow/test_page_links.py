"""`/signoff show` has links to the pages of what it shows, for whoever asks alone."""

from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import ValidationError

from bot.cards.text import Page, from_json, plain, to_json, words
from bot.flow.front_desk import FrontDesk
from bot.slack import render_text as slack
from bot.teams import render_text as teams
from storage.records import Person
from tests.bot.flow.stage import DAN, Stage

URL = "https://signoff.example/pages/enter?link=x"
TOLD = words("Look: ", Page(text="the run", url=URL))


def linked(page: str, person: Person, now: datetime) -> str:
    return f"https://signoff.example/{page}/{person.user}/{now:%H%M}"


async def test_show_links_to_the_request_and_its_run_for_whoever_asks(stage: Stage) -> None:
    request = await stage.ask()
    stage.desk = FrontDesk(replace(stage.signoff, page_link=linked))

    answer = await stage.type(f"show {request.id}", DAN)

    pages = [span.url for span in answer.text if isinstance(span, Page)]
    assert [url.split("/")[3:5] for url in pages] == [[request.id, DAN.user], [request.run_id, DAN.user]]


async def test_without_a_public_address_there_is_no_link(stage: Stage) -> None:
    request = await stage.ask()
    answer = await stage.type(f"show {request.id}", DAN)
    assert not any(isinstance(span, Page) for span in answer.text)


def test_a_page_is_a_link_on_each_surface() -> None:
    [said] = slack.say(TOLD)
    assert {"type": "link", "url": URL, "text": "the run"} in said["elements"][0]["elements"]
    [run] = [run for run in teams.say(TOLD)["body"][0]["inlines"] if "selectAction" in run]
    assert (run["text"], run["selectAction"]) == ("the run", {"type": "Action.OpenUrl", "url": URL})
    assert plain(TOLD) == f"Look: the run: {URL}"
    assert from_json(to_json(TOLD)) == TOLD


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", ""])
def test_nothing_else_is_a_page(url: str) -> None:
    with pytest.raises(ValidationError):
        Page(text="x", url=url)
