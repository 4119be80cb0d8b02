"""How sure is a measured number?  Confidence intervals: repeated often, 95 in 100 of them hold the true value."""

from typing import NamedTuple

import torch
from scipy import stats
from torch import Tensor

from course_lib.checks import check_count, check_number, check_tensors, takes
from course_lib.checks.values import sentence

LEVEL = 0.95


class Interval(NamedTuple):
    """A measured value and the range in which the true one may well lie."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        """f"{interval:.0%}" is "92% (86% to 96%)"."""
        value, low, high = (format(number, spec) for number in self)
        return f"{value} ({low} to {high})"

    def excludes(self, number: float) -> bool:
        """Whether `number` lies outside the range."""
        return not self.low <= number <= self.high


@takes(values="N", factor=check_number)
def confidence_interval(values: Tensor, factor: float) -> Tensor:
    """The range in which the mean of many more such values may well lie.

    mean - factor * s / sqrt(N)  to  mean + factor * s / sqrt(N),    s^2 = sum (x - mean)^2 / (N - 1)

    values: (N,) float, N >= 2, each measured apart from the others.  factor: 1.96 for 95% where N is large; more where
    it is small.  Returns (2,): the lower and the upper end.
    """
    margin = factor * values.std() / len(values) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def mean_interval(values: Tensor) -> Interval:
    """The mean of independent values and its 95% interval, by Student's t ("The probable error of a mean", 1908).

    values: (N,) numbers.  For two settings tried with the same seeds, give the differences, seed by seed: that is the
    sharper question.  Raises ValueError for fewer than 2 values.
    """
    try:
        values = torch.as_tensor(values, dtype=torch.float64).flatten()
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(sentence("values", values, "numbers, such as torch.tensor([0.1, 0.3])")) from None
    if len(values) < 2:
        raise ValueError(f"An interval needs 2 values or more, but got {len(values)}: measure more often.")
    check_tensors("N", values=values)
    low, high = confidence_interval(values, float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))).tolist()
    return Interval(values.mean().item(), low, high)


@takes(hits=(check_count, 0), n=check_count)
def share_interval(hits: int, n: int) -> Interval:
    """A share, hits out of n, and its 95% interval, by Wilson's score ("Probable inference …", JASA 1927).

    It stays inside 0 to 1, and is not empty where all n are hits.  Raises ValueError unless 0 <= hits <= n and n >= 1.
    """
    if hits > n:
        raise ValueError(f"{hits} hits out of {n} is no share; give 0 to n hits, and n of 1 or more.")
    found = stats.binomtest(int(hits), int(n)).proportion_ci(LEVEL, method="wilson")
    return Interval(hits / n, float(found.low), float(found.high))
