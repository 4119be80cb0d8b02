"""Intervals: equal to scipy's and to the formula by hand, and right about 95 times in 100."""

import pytest
import torch
from scipy import stats

from course_lib.measuring.intervals import Interval, confidence_interval, mean_interval, share_interval


def test_mean_interval_is_student_s():
    values = torch.tensor([2.0, 4.0, 4.0, 5.0, 9.0])
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values.numpy()))
    assert mean_interval(values) == pytest.approx((4.8, low, high))


def test_share_interval_by_hand():
    """Wilson's formula for 8 of 10: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    z, n, p = 1.959964, 10, 0.8
    middle, spread = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    expected = (p, (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n))
    assert share_interval(8, 10) == pytest.approx(expected, abs=1e-5)


def test_share_interval_stays_inside_and_is_never_empty():
    assert share_interval(20, 20).high == pytest.approx(1) and 0.8 < share_interval(20, 20).low < 0.9
    assert share_interval(0, 20).low == pytest.approx(0) and 0.1 < share_interval(0, 20).high < 0.2


def test_they_hold_the_truth_about_95_times_in_100():
    g = torch.Generator().manual_seed(0)
    held = [not mean_interval(torch.randn(6, generator=g) + 3).excludes(3) for _ in range(1000)]
    assert 0.93 < sum(held) / 1000 < 0.97
    # The normal factor is too narrow for six values: that is why Student's t is used.
    narrow = [confidence_interval(torch.randn(6, generator=g), 1.96) for _ in range(1000)]
    assert sum(low <= 0 <= high for low, high in narrow) / 1000 < 0.93


def test_words():
    assert f"{Interval(0.5, 0.25, 0.75):.0%}" == "50% (25% to 75%)"


@pytest.mark.parametrize("hits, n", [(3, 2), (-1, 5), (0, 0), (1.5, 3)])
def test_no_share(hits, n):
    with pytest.raises(ValueError, match="is no share|must be a whole number"):
        share_interval(hits, n)


def test_too_few_values():
    with pytest.raises(ValueError, match="needs 2 values or more, but got 1"):
        mean_interval(torch.tensor([1.0]))
