"""Figures out of samples: medians, percentiles and slopes.

Pure. Knows numbers only, no units.
"""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """A straight line through points, by least squares."""

    slope: float
    #: The line's value at x = 0.
    start: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed.

    Always one of the values (nearest rank), so a tail is never smoothed. NaN without values.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError("a share lies between 0 and 1")
    if not values:
        return math.nan
    # The product may lie a rounding error above the whole number that is meant.
    rank = max(1, math.ceil(share * len(values) - 1e-9))
    return sorted(values)[rank - 1]


def median(values: Sequence[float]) -> float:
    """The middle value; NaN without values."""
    return statistics.median(values) if values else math.nan


def spread(values: Sequence[float]) -> float:
    """How far the values lie apart, as a share of their median; 0 for fewer than two."""
    middle = median(values)
    return (max(values) - min(values)) / middle if len(values) > 1 and middle else 0.0


def fit(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """The straight line with the least squared distance.

    Raises ValueError with fewer than two different x.
    """
    if len(xs) != len(ys) or len(set(xs)) < 2:
        raise ValueError("a line needs two different points")
    slope, start = statistics.linear_regression(xs, ys)
    return Line(slope, start)


def after_warm_up(xs: Sequence[float], warm_up_share: float) -> int:
    """The index of the first sample behind the warm-up, a share (0 to 1) of the whole span."""
    begin = xs[0] + (xs[-1] - xs[0]) * warm_up_share
    return next(index for index, x in enumerate(xs) if x >= begin)
