"""What is typed after the command arrives as it was typed, because a ticket may be in it. Names are found all the same."""

import pytest

from bot.slack.manifest import manifest
from tests.bot.slack.conftest import MIA, NOAH, SUPPORT, TEAM, Office

TICKETS = [
    "run triage see https://evil.example/?a=1&b=2 & <b>hi</b>",
    "run triage @noah and @channel, #support, <@U0NOAH>, <!here>, <https://a.example|b.example>",
    "run triage &lt;script&gt; &amp; noah@example.com",
    "run triage two  spaces, a tab\tand\na line",
    "run triage \u202eright to left, hidden\u200b",
]


def test_slack_is_told_not_to_turn_names_and_links_of_a_command_into_markup() -> None:
    """With `should_escape`, a link in a ticket would arrive as markup from which what was typed cannot be told for sure
    (https://docs.slack.dev/reference/app-manifest)."""
    (command,) = manifest()["features"]["slash_commands"]
    assert command["should_escape"] is False


@pytest.mark.parametrize("line", TICKETS)
async def test_a_command_arrives_as_it_was_typed(office: Office, line: str) -> None:
    await office.sandbox.say(MIA, SUPPORT, f"/signoff {line}")
    assert office.desk.commands[-1].line == line


async def test_somebody_named_in_a_command_is_found(office: Office) -> None:
    assert await office.surface.find("@noah") == {f"slack:{TEAM}:{NOAH}"}
