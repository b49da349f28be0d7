"""Bounds against exact arithmetic with fractions, and against what everybody knows by heart."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.bounds import highest, lowest, needed


def at_most(failures: int, cases: int, share: Fraction) -> Fraction:
    """How likely so few failures are, without a rounding anywhere."""
    terms = (comb(cases, count) * share**count * (1 - share) ** (cases - count) for count in range(failures + 1))
    return sum(terms, Fraction())


@given(st.integers(1, 60).flatmap(lambda cases: st.tuples(st.integers(0, cases - 1), st.just(cases))))
@settings(deadline=None)
def test_so_few_failures_have_five_percent_at_the_bound(seen: tuple[int, int]) -> None:
    failures, cases = seen
    bound = Fraction(highest(failures, cases))
    little = Fraction(1, 10**9)
    assert at_most(failures, cases, bound - little) > Fraction(5, 100) - Fraction(1, 10**7)
    assert at_most(failures, cases, min(bound + little, Fraction(1))) < Fraction(5, 100) + Fraction(1, 10**7)


@given(st.integers(1, 400).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))))
def test_what_was_seen_lies_between_the_bounds(seen: tuple[int, int]) -> None:
    failures, cases = seen
    assert 0 <= lowest(failures, cases) <= failures / cases <= highest(failures, cases) <= 1


@pytest.mark.parametrize(("share", "cases"), [(0.05, 59), (0.01, 299), (0.001, 2995), (0.5, 5)])
def test_so_many_clean_cases_are_needed(share: float, cases: int) -> None:
    assert needed(share) == cases
    assert highest(0, cases) < share <= highest(0, cases - 1)


@pytest.mark.parametrize(("failures", "cases", "bound"), [(1, 100, 0.0466), (5, 50, 0.1988), (10, 10, 1.0), (0, 3, 0.6316)])
def test_bounds_are_those_of_the_tables(failures: int, cases: int, bound: float) -> None:
    assert highest(failures, cases) == pytest.approx(bound, abs=1e-4)


def test_nothing_seen_supports_nothing() -> None:
    assert lowest(0, 0) == 0
    assert highest(0, 0) == 1


def test_large_numbers_are_quick_and_close_to_the_normal_approximation() -> None:
    assert highest(10_000, 100_000) == pytest.approx(0.1 + 1.645 * (0.1 * 0.9 / 100_000) ** 0.5, abs=1e-4)
