"""The statistics of tools/bench."""

import unittest
from math import comb

from bench import statistics


class Medians(unittest.TestCase):
    def test_of_an_odd_number_is_the_middle(self):
        self.assertEqual(statistics.median([9, 1, 5]), 5)

    def test_of_an_even_number_lies_between_the_two_in_the_middle(self):
        self.assertEqual(statistics.median([4, 1, 2, 9]), 3)


class Intervals(unittest.TestCase):
    def coverage(self, count, rank):
        return 1 - 2 * sum(comb(count, k) for k in range(rank)) / 2**count

    def test_known_ranks(self):
        # Tables of the sign test, two-sided, 90 %.
        self.assertEqual(statistics.interval_rank(5), 1)
        self.assertEqual(statistics.interval_rank(8), 2)
        self.assertEqual(statistics.interval_rank(15), 4)
        self.assertEqual(statistics.interval_rank(30), 11)

    def test_the_rank_is_the_narrowest_that_is_sure_enough(self):
        for count in range(5, 200):
            rank = statistics.interval_rank(count)
            self.assertGreaterEqual(self.coverage(count, rank), statistics.CONFIDENCE)
            self.assertLess(self.coverage(count, rank + 1), statistics.CONFIDENCE)

    def test_four_values_are_too_few(self):
        self.assertIsNone(statistics.interval_rank(4))
        estimate = statistics.estimate([1, 2, 3, 4])
        self.assertEqual((estimate.low, estimate.high), (float("-inf"), float("inf")))

    def test_an_outlier_moves_neither_median_nor_interval(self):
        values = [10.0 + i for i in range(15)]
        before = statistics.estimate(values)
        values[-1] = 1e9
        self.assertEqual(statistics.estimate(values), before)

    def test_encloses_the_median(self):
        estimate = statistics.estimate([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])
        self.assertLessEqual(estimate.low, estimate.median)
        self.assertLessEqual(estimate.median, estimate.high)


class Ratios(unittest.TestCase):
    def test_are_formed_inside_each_round(self):
        # The machine was ten times as slow in every other round: the ratio does not care.
        others = {r: 100.0 if r % 2 else 1000.0 for r in range(10)}
        values = {r: 2 * other for r, other in others.items()}
        estimate = statistics.ratio(values, others)
        self.assertEqual((estimate.low, estimate.median, estimate.high), (2, 2, 2))

    def test_leave_out_rounds_that_only_one_has(self):
        self.assertEqual(statistics.ratio({0: 4.0, 1: 6.0, 7: 99.0}, {0: 2.0, 1: 3.0, 2: 1.0}).count, 2)

    def test_of_nothing_and_to_nothing_are_none(self):
        self.assertIsNone(statistics.ratio({}, {0: 1.0}))
        self.assertIsNone(statistics.ratio({0: 1.0}, {0: 0.0}))

    def test_differences_may_be_to_nothing(self):
        self.assertEqual(statistics.difference({0: 1.5}, {0: 0.0}).median, 1.5)


if __name__ == "__main__":
    unittest.main()
