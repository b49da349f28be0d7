"""Where a platform asked to wait, everybody gets a turn of their own."""

from datetime import UTC, datetime, timedelta

from bot.flow.turns import LONGEST, Turns
from storage.records import Place

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HERE, THERE = (Place(surface="slack", tenant="T1", channel=channel) for channel in ("C1", "C2"))


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_nobody_waits_where_nobody_was_asked_to() -> None:
    assert Turns().wait(HERE, NOW) is None


def test_who_comes_while_the_platform_rests_waits_one_after_the_other() -> None:
    turns = Turns()
    assert turns.refused(HERE, NOW, after(30)) == after(30)
    assert [turns.wait(HERE, NOW) for _ in range(3)] == [after(31), after(32), after(33)]
    assert turns.refused(HERE, NOW, after(30)) == after(34)
    assert turns.wait(THERE, NOW) is None


def test_at_their_turn_they_call_and_who_is_refused_again_goes_to_the_end() -> None:
    turns = Turns()
    turns.refused(HERE, NOW, after(2))
    assert [turns.wait(HERE, NOW) for _ in range(3)] == [after(3), after(4), after(5)]
    assert turns.wait(HERE, NOW + after(3)) is None
    assert turns.refused(HERE, NOW + after(3), after(2)) == after(3)


def test_a_platform_that_names_no_time_makes_no_line() -> None:
    turns = Turns()
    assert [turns.refused(HERE, NOW, after(0)) for _ in range(3)] == [after(0)] * 3


def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours() -> None:
    turns = Turns()
    turns.refused(HERE, NOW, after(30))
    before = NOW - timedelta(hours=5)
    assert turns.wait(HERE, before) is None
    assert turns.refused(HERE, before, after(30)) == after(30)
    assert turns.refused(HERE, before, timedelta(hours=1)) == LONGEST
