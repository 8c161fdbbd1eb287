"""What a measurement says about bars and goals."""

import argparse
import contextlib
import io
import json
import unittest
from unittest import mock

from bench import __main__ as tool
from bench import bars
from bench.bars import AT_LEAST, AT_MOST, MORE_BY_AT_MOST, SPEED_AT_LEAST, Bar, Goal, Verdict
from bench.questions import BY_NAME
from bench.samples import Samples
from bench.statistics import Estimate


def samples_of(question, case, **contenders):
    """Samples of one metric, "m": a list of values for each contender, or why it is missing."""
    samples = Samples()
    samples.expect(question, "\n".join(f"{question}\t{case}\t{name}" for name in contenders))
    for name, values in contenders.items():
        entry = {"question": question, "contender": name}
        if isinstance(values, str):
            samples.add_line(json.dumps(entry | {"missing": values}))
            continue
        for number, value in enumerate(values):
            samples.add_line(json.dumps(entry | {"case": case, "round": number, "metric": "m", "value": value}))
    return samples


def judged(kind, bound, ours, theirs):
    bar = Bar("backlog", "64", "recv", "raw_recvmmsg", kind, bound, "m")
    (result,) = bars.judge(bar, samples_of("backlog", "64", recv=ours, raw_recvmmsg=theirs))
    return result


class Verdicts(unittest.TestCase):
    def test_of_an_upper_bound(self):
        self.assertIs(bars.verdict(Estimate(1.00, 0.98, 1.05, 15), 1.05, upper=True), Verdict.PASS)
        self.assertIs(bars.verdict(Estimate(1.08, 1.06, 1.10, 15), 1.05, upper=True), Verdict.FAIL)
        self.assertIs(bars.verdict(Estimate(1.05, 1.00, 1.10, 15), 1.05, upper=True), Verdict.NOT_MEASURABLE)

    def test_of_a_lower_bound(self):
        self.assertIs(bars.verdict(Estimate(5.5, 5.0, 6.0, 15), 5, upper=False), Verdict.PASS)
        self.assertIs(bars.verdict(Estimate(4.5, 4.0, 4.9, 15), 5, upper=False), Verdict.FAIL)
        self.assertIs(bars.verdict(Estimate(5.5, 4.9, 6.0, 15), 5, upper=False), Verdict.NOT_MEASURABLE)

    def test_of_too_few_rounds_is_none(self):
        self.assertIs(judged(AT_MOST, 1.05, [1.0] * 4, [1.0] * 4).verdict, Verdict.NOT_MEASURABLE)


class Kinds(unittest.TestCase):
    def test_at_most(self):
        self.assertIs(judged(AT_MOST, 1.05, [104.0] * 9, [100.0] * 9).verdict, Verdict.PASS)
        self.assertIs(judged(AT_MOST, 1.05, [106.0] * 9, [100.0] * 9).verdict, Verdict.FAIL)

    def test_at_least(self):
        self.assertIs(judged(AT_LEAST, 1.10, [120.0] * 9, [100.0] * 9).verdict, Verdict.PASS)
        self.assertIs(judged(AT_LEAST, 1.10, [105.0] * 9, [100.0] * 9).verdict, Verdict.FAIL)

    def test_speed_divides_the_other_way(self):
        self.assertIs(judged(SPEED_AT_LEAST, 5, [100.0] * 9, [600.0] * 9).verdict, Verdict.PASS)
        self.assertIs(judged(SPEED_AT_LEAST, 5, [100.0] * 9, [400.0] * 9).verdict, Verdict.FAIL)

    def test_more_by_at_most_takes_the_other_one_for_nothing(self):
        self.assertIs(judged(MORE_BY_AT_MOST, 1, [0.5] * 9, [0.0] * 9).verdict, Verdict.PASS)
        self.assertIs(judged(MORE_BY_AT_MOST, 1, [3.0] * 9, [1.0] * 9).verdict, Verdict.FAIL)


class Gaps(unittest.TestCase):
    def test_a_missing_peer_is_named_and_no_failure(self):
        result = judged(AT_MOST, 1.05, [1.0] * 9, "built without it")
        self.assertIs(result.verdict, Verdict.NOT_MEASURABLE)
        self.assertEqual(result.figure, "raw_recvmmsg is missing: built without it")

    def test_a_contender_without_samples_is_a_failure(self):
        self.assertIs(judged(AT_MOST, 1.05, [], [1.0] * 9).verdict, Verdict.FAIL)

    def test_a_pattern_is_judged_for_each_case(self):
        samples = samples_of("backlog", "64/recv", recv=[6.0] * 9, raw_recvmmsg=[1.0] * 9)
        bar = Bar("backlog", "*/recv", "recv", "raw_recvmmsg", AT_LEAST, 5, "m")
        (result,) = bars.judge(bar, samples)
        self.assertEqual((result.bar.case, result.verdict), ("64/recv", Verdict.PASS))
        self.assertEqual(bars.judge(bar, samples, sizes=["1200"]), [])

    def test_a_pattern_without_any_case_is_a_failure(self):
        samples = samples_of("backlog", "64/send", recv=[6.0] * 9, raw_recvmmsg=[1.0] * 9)
        (result,) = bars.judge(Bar("backlog", "*/recv", "recv", "raw_recvmmsg", AT_LEAST, 5, "m"), samples)
        self.assertIs(result.verdict, Verdict.FAIL)


class Lines(unittest.TestCase):
    def test_name_the_case_with_the_least_to_spare(self):
        results = []
        for case, value in (("64/recv", 6.0), ("1200/recv", 5.5), ("1/recv", 4.0)):
            bar = Bar("backlog", "*/recv", "recv", "raw_recvmmsg", AT_LEAST, 5, "m")
            results += bars.judge(bar, samples_of("backlog", case, recv=[value] * 9, raw_recvmmsg=[1.0] * 9))
        passed, failed = bars.lines(bar, results)
        self.assertIn("backlog */recv: dgram recv against raw_recvmmsg: at least 5×: ", passed)
        self.assertIn("2 of 3 cases, 1200/recv the closest: 5.5×", passed)
        self.assertIn("1 of 3 cases, 1/recv the closest: 4×", failed)


class Check(unittest.TestCase):
    def check(self, value, bound, goal):
        """(the bars that fall short, what is printed)"""
        comparison = ("backlog", "64", "recv", "raw_recvmmsg", AT_MOST)
        samples = samples_of("backlog", "64", recv=[value] * 9, raw_recvmmsg=[100.0] * 9)
        with mock.patch.object(bars, "BARS", [Bar(*comparison, bound, "m")]), \
             mock.patch.object(bars, "GOALS", [Goal(*comparison, goal, "m")]), \
             contextlib.redirect_stdout(io.StringIO()) as said:
            short = tool.check(argparse.Namespace(size=[]), [BY_NAME["backlog"]], samples)
        return short, said.getvalue()

    def test_a_goal_that_is_not_reached_is_listed_and_fails_nothing(self):
        short, said = self.check(120.0, bound=1.30, goal=1.05)
        self.assertEqual(short, [])
        self.assertRegex(said, r"pass +backlog 64: dgram recv against raw_recvmmsg: at most 1.3×: 1.2× ")
        self.assertRegex(said, r"not reached +backlog 64: dgram recv against raw_recvmmsg: at most 1.05×: 1.2× ")
        self.assertNotIn("FAIL", said)

    def test_a_regression_fails(self):
        short, said = self.check(140.0, bound=1.30, goal=1.05)
        self.assertEqual(short, ["backlog 64: dgram recv against raw_recvmmsg: at most 1.3×"])
        self.assertRegex(said, r"FAIL +backlog 64")

    def test_a_goal_that_is_reached_says_so(self):
        self.assertRegex(self.check(104.0, bound=1.30, goal=1.05)[1], r"\nreached +backlog 64")


class Table(unittest.TestCase):
    def test_every_bar_and_goal_is_about_a_question_that_is_asked(self):
        for bar in bars.BARS + bars.GOALS:
            self.assertIn(bar.metric, {metric.name for metric in BY_NAME[bar.question].metrics}, str(bar))

    def test_every_goal_asks_more_than_the_bar_of_the_same_comparison(self):
        bounds = {(bar.question, bar.case, bar.contender, bar.against, bar.kind): bar.bound for bar in bars.BARS}
        self.assertEqual(len(bounds), len(bars.BARS))
        for goal in bars.GOALS:
            bound = bounds[goal.question, goal.case, goal.contender, goal.against, goal.kind]
            self.assertTrue(goal.bound < bound if goal.kind.upper else goal.bound > bound, str(goal))


if __name__ == "__main__":
    unittest.main()
