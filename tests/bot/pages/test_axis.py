"""The time axis: work to scale, waiting folded, nothing invisible, nothing out of order."""

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.pages.axis import THINNEST, Axis, Span, axis_of
from tests.bot.flow.stage import Clock

ZERO = Clock.START


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def axis(*spans: tuple[float, float, bool], end: float) -> Axis:
    return axis_of(ZERO, ZERO + at(end), [Span(ZERO + at(begin), ZERO + at(until), waits) for begin, until, waits in spans])


def test_work_is_drawn_to_scale() -> None:
    drawn = axis((0, 1, False), (1, 4, False), end=4)
    assert not drawn.folds
    assert [(each.at, each.width) for each in (drawn.bar(ZERO, ZERO + at(1)), drawn.bar(ZERO + at(1), ZERO + at(4)))] == [
        (0, 25),
        (25, 75),
    ]


def test_hours_of_waiting_leave_seconds_of_work_visible() -> None:
    drawn = axis((0, 2, False), (2, 4 * 3600, True), (4 * 3600, 4 * 3600 + 2, False), end=4 * 3600 + 2)
    assert [(each.ms, each.waits) for each in drawn.folds] == [((4 * 3600 - 2) * 1000, True)]
    assert 10 < drawn.folds[0].bar.width < 20
    assert drawn.bar(ZERO, ZERO + at(2)).width > 40
    assert drawn.ticks[-1] == (100, (4 * 3600 + 2) * 1000)


def test_a_short_wait_is_not_folded() -> None:
    assert not axis((0, 10, False), (10, 10.5, True), end=10.5).folds


def test_many_waits_take_half_as_much_room_as_the_work_at_most() -> None:
    spans = [span for at in range(0, 10_000, 100) for span in ((at, at + 1, False), (at + 1, at + 100, True))]
    drawn = axis(*spans, end=10_000)
    assert len(drawn.folds) == 100
    assert sum(each.bar.width for each in drawn.folds) < 34


def test_time_in_which_nothing_ran_is_folded_but_nobody_was_waited_for() -> None:
    drawn = axis((0, 1, False), (3600, 3601, False), end=3601)
    assert [each.waits for each in drawn.folds] == [False]


def test_nothing_at_all_is_an_axis_too() -> None:
    assert axis(end=0).ticks == ((0.0, 0),)
    assert axis(end=0).bar(ZERO, ZERO).width == THINNEST
    assert axis((0, 0, False), end=60).folds


_moments = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(st.tuples(_moments, _moments, st.booleans()), max_size=12), _moments)
def test_every_bar_is_on_the_axis_and_later_is_never_further_left(raw: list[tuple[float, float, bool]], end: float) -> None:
    spans = [(min(a, b), max(a, b), waits) for a, b, waits in raw]
    drawn = axis(*spans, end=max([end, *(until for _, until, _ in spans)]))
    assert abs(sum(each.bar.width for each in drawn.stretches) - 100) < 0.2 or not drawn.stretches
    bars = [drawn.bar(ZERO + at(begin), ZERO + at(until)) for begin, until, _ in sorted(spans)]
    for bar in bars:
        assert bar.at >= 0
        assert bar.width >= THINNEST
        assert bar.at + bar.width <= 100.01
    begins = [bar.at for bar in bars if bar.at < 100 - THINNEST - 0.01]
    assert all(one <= other + 0.01 for one, other in itertools.pairwise(begins))
