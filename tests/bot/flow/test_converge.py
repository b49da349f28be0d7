"""What stands in chat converges to the database."""

from dataclasses import replace

from bot.cards.card import Card, Notice
from bot.flow.desk import Command
from storage.records import Place
from tests.bot.flow.stage import ANNA, CHANNEL, POLICY, Stage


async def test_the_card_stands_in_the_thread_of_the_run_and_is_updated_in_place(stage: Stage) -> None:
    await stage.approve(await stage.ask())
    notices = [number for number, shown in stage.surface.views.items() if isinstance(shown[0], Notice)]
    cards = [number for number, shown in stage.surface.views.items() if isinstance(shown[0], Card)]
    assert (len(notices), len(cards)) == (1, 1)
    assert stage.surface.places[cards[0]].thread == str(notices[0])
    states = [view.state for view in stage.surface.views[cards[0]] if isinstance(view, Card)]
    assert (states[0], states[-1]) == ("Needs approval", "Approved and done")


async def test_the_card_goes_to_the_channel_that_the_rule_names(stage: Stage) -> None:
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    channel: slack:C9\n", 1))
    await stage.ask()
    channels = {shown[-1].__class__.__name__: stage.surface.places[n].channel for n, shown in stage.surface.views.items()}
    assert channels == {"Notice": CHANNEL.channel, "Card": "C9"}


async def test_a_platform_that_asks_to_wait_loses_nothing(stage: Stage) -> None:
    await stage.desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "once"))
    stage.surface.fail_next(3)
    await stage.settle()
    assert stage.card().state == "Needs approval"


async def test_an_archived_channel_is_told_to_the_requester(stage: Stage) -> None:
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    channel: slack:C9\n", 1))
    stage.surface.archived.add("C9")
    request = await stage.ask()
    [(key, text)] = stage.surface.told
    assert key == request.requester.key
    assert "archived" in text


async def test_a_deleted_card_does_not_stop_the_story(stage: Stage) -> None:
    request = await stage.ask()
    for number in [n for n, shown in stage.surface.views.items() if isinstance(shown[-1], Card)]:
        del stage.surface.views[number]
    await stage.approve(request)
    assert len(stage.till.paid) == 1


async def test_a_deleted_card_that_still_asks_people_is_posted_again(stage: Stage) -> None:
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1))
    request = await stage.ask()
    [deleted] = [n for n, shown in stage.surface.views.items() if isinstance(shown[-1], Card)]
    stage.surface.views[deleted].clear()
    await stage.approve(request)
    assert [p.name for p in stage.card().approvals] == ["Ravi"]
    assert stage.surface.places[max(stage.surface.views)] == stage.surface.places[deleted]


async def test_a_channel_of_a_surface_that_is_not_connected_is_replaced_by_the_deployments_own(stage: Stage) -> None:
    stage.signoff = replace(stage.signoff, fallback_place=Place(surface="slack", tenant="T1", channel="C7"))
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    channel: teams:C9\n", 1))
    await stage.ask()
    [card] = [n for n, shown in stage.surface.views.items() if isinstance(shown[-1], Card)]
    assert stage.surface.places[card].channel == "C7"


async def test_a_card_that_shows_the_truth_is_left_alone(stage: Stage) -> None:
    from bot.flow.converge import show_card

    request = await stage.ask()
    before = {number: len(shown) for number, shown in stage.surface.views.items()}
    await show_card(stage.signoff, request.id, *request.places)
    assert {number: len(shown) for number, shown in stage.surface.views.items()} == before
