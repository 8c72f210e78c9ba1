"""The benches' arithmetic: what a figure rests on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import after_warm_up, fit, median, percentile, spread

FINITE = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 1.0), (0.01, 1.0), (0.25, 1.0), (0.26, 2.0), (0.5, 2.0), (0.99, 4.0), (1.0, 4.0)],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(share: float, expected: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], share) == expected


def test_a_rounding_error_in_the_rank_takes_no_higher_value() -> None:
    # 0.07 * 100 is a little more than 7.
    assert percentile(list(map(float, range(1, 101))), 0.07) == 7.0


@given(st.lists(FINITE, min_size=1), st.floats(0.0, 1.0))
def test_a_percentile_is_one_of_the_values_and_covers_its_share(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    covered = sum(value <= found for value in values)
    assert covered >= share * len(values) - 1e-6


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_of_a_whole_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1.0], share)


def test_no_values_have_no_percentile_and_no_median() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(median([]))


@pytest.mark.parametrize(
    ("values", "expected"), [([], 0.0), ([5.0], 0.0), ([9.0, 10.0, 12.0], 0.3), ([0.0, 0.0], 0.0)]
)
def test_the_spread_is_the_distance_of_the_outermost_over_the_median(
    values: list[float], expected: float
) -> None:
    assert spread(values) == pytest.approx(expected)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_the_fit_through_points_of_a_line_is_that_line(slope: float, start: float) -> None:
    xs = [0.0, 1.0, 2.0, 5.0]
    line = fit(xs, [start + slope * x for x in xs])
    assert line.slope == pytest.approx(slope, abs=1e-6)
    assert line.start == pytest.approx(start, abs=1e-6)


def test_noise_around_a_flat_line_leaves_it_flat() -> None:
    xs = list(map(float, range(100)))
    assert fit(xs, [50.0 + (-1) ** int(x) for x in xs]).slope == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("xs", "ys"), [([1.0], [1.0]), ([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [])])
def test_one_point_makes_no_line(xs: list[float], ys: list[float]) -> None:
    with pytest.raises(ValueError, match="two different points"):
        fit(xs, ys)


@pytest.mark.parametrize(("share", "first"), [(0.0, 0), (0.25, 2), (0.6, 3), (1.0, 4)])
def test_the_warm_up_is_a_share_of_the_time_and_not_of_the_samples(
    share: float, first: int
) -> None:
    assert after_warm_up([10.0, 11.0, 15.0, 18.0, 20.0], share) == first
