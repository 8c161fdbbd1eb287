"""Medians, and how sure one can be of them. No distribution is assumed.

A contender and the yardstick have their turns in the same round, so what the machine did meanwhile hits both: the ratio
of a round is formed first, then the median over the rounds.
"""

from dataclasses import dataclass
from math import comb

CONFIDENCE = 0.90


@dataclass(frozen=True)
class Estimate:
    median: float
    low: float
    high: float
    count: int

    @property
    def width(self):
        return self.high - self.low


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interval_rank(count, confidence=CONFIDENCE):
    """The k for which the k-th smallest and the k-th largest of `count` values enclose the median with that confidence.

    The number of values below the true median is binomial(count, 1/2), whatever the distribution. None where even the
    smallest and the largest value do not suffice.
    """
    tail = 0.0
    rank = None
    for k in range(1, count // 2 + 1):
        tail += comb(count, k - 1) / 2**count
        if 1 - 2 * tail < confidence:
            break
        rank = k
    return rank


def estimate(values):
    """The median and its interval; of a few values the interval is unbounded."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = interval_rank(len(ordered))
    if rank is None:
        return Estimate(median(ordered), float("-inf"), float("inf"), len(ordered))
    return Estimate(median(ordered), ordered[rank - 1], ordered[-rank], len(ordered))


def paired(values, others, combine):
    """An estimate of combine(value, other) over the rounds that both have. Both are {round: value}."""
    rounds = sorted(values.keys() & others.keys())
    if not rounds:
        return None
    return estimate([combine(values[r], others[r]) for r in rounds])


def ratio(values, others):
    """An estimate of the ratio; None where nothing can be divided."""
    if any(other == 0 for other in others.values()):
        return None
    return paired(values, others, lambda value, other: value / other)


def difference(values, others):
    return paired(values, others, lambda value, other: value - other)
