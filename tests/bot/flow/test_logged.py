"""What ran by itself under `log` is told in a line, in the channels that the policy has for that."""

from dataclasses import replace

import pytest

from bot.flow.front_desk import FrontDesk
from storage.records import Place
from tests.bot.flow.stage import POLICY, Stage

LOGGED = POLICY.replace("    verdict: log\n", "    verdict: log\n    log_channel: slack:C8\n")
FALLBACK = Place(surface="slack", tenant="T1", channel="C7")


def heard(stage: Stage, words: str) -> list[str]:
    """Where that was said."""
    return [place.channel for place, text in stage.surface.replies if words in text]


@pytest.mark.parametrize(
    ("policy", "channels"),
    [
        (LOGGED, ["C8"]),
        (LOGGED.replace("log_channel: slack:C8", "log_channel: [slack:C8, C9]"), ["C8", "C9"]),
        (LOGGED.replace("    log_channel", "    channel: C9\n    log_channel"), ["C8"]),
        (POLICY.replace("    verdict: log\n", "    verdict: log\n    channel: C9\n"), ["C9"]),
        ("defaults: {log_channel: C8}\n" + POLICY, ["C8"]),
        (POLICY, ["C1"]),
    ],
)
async def test_what_ran_by_itself_is_told_in_the_log_channel_if_there_is_one(
    stage: Stage, policy: str, channels: list[str]
) -> None:
    stage.adopt(policy)
    await stage.type("run payer note hello")
    assert sorted(heard(stage, "Logged: note by payer, without asking. hello")) == channels


async def test_a_log_channel_that_is_not_connected_gives_way_to_the_deployments(stage: Stage) -> None:
    stage.adopt(LOGGED.replace("slack:C8", "teams:19:abc@thread.tacv2"))
    stage.signoff = replace(stage.signoff, fallback_place=FALLBACK)
    stage.desk = FrontDesk(stage.signoff)
    await stage.type("run payer note hello")
    assert heard(stage, "Logged") == ["C7"]


async def test_what_nobody_knows_the_end_of_is_told_where_people_are_asked_as_well(stage: Stage) -> None:
    stage.adopt(POLICY.replace("verdict: approve\n", "verdict: log\n    channel: C9\n    log_channel: C8\n", 1))
    stage.till.vanish()
    await stage.type("run payer 480.00 lamp-shop")
    assert heard(stage, "Outcome unknown: ") == ["C8", "C9"]


async def test_nothing_else_goes_to_the_log_channel(stage: Stage) -> None:
    stage.adopt("defaults: {log_channel: C8}\n" + POLICY)
    assert [place.channel for place in (await stage.ask()).places] == ["C1"]
    await stage.type("run payer think hello")
    assert heard(stage, "without asking") == []
    assert "C8" not in {place.channel for place in stage.surface.places.values()}
