"""Tables and plots say what was measured, and who is missing."""

import json
import unittest

from bench import plots, table
from bench.questions import BY_NAME, Metric, Question
from bench.samples import Samples

FLOOD = Question("flood", "Flood", "bytes", "raw_recvmmsg",
                 (Metric("per_second", "1/s", "received", True), Metric("lost_percent", "%", "lost")), 15, 15)


def samples():
    result = Samples()
    names = ("raw_recvmmsg", "recv", "libuv")
    result.expect("flood", "\n".join(f"flood\t{case}\t{name}" for name in names for case in ("64", "1200")))
    result.add_line('{"question": "flood", "contender": "libuv", "missing": "not installed"}')
    for number in range(9):
        for case in ("64", "1200"):
            for name, speed, lost in (("raw_recvmmsg", 1000, 0), ("recv", 2000, 12.5)):
                for metric, value in (("per_second", speed), ("lost_percent", lost)):
                    result.add_line(json.dumps({"question": "flood", "case": case, "contender": name, "round": number,
                                                "metric": metric, "value": value}))
    return result


class Tables(unittest.TestCase):
    def setUp(self):
        self.lines = table.text(FLOOD, samples()).splitlines()

    def test_hold_figure_ratio_interval_and_losses(self):
        self.assertEqual([line.split() for line in self.lines if "dgram" in line],
                         ["dgram recv 2,000 1/s 2.00 [2.00, 2.00] 12.5 %".split()] * 2)

    def test_name_who_is_missing_in_every_case(self):
        self.assertEqual([line.split() for line in self.lines if "libuv" in line],
                         [["libuv", "missing:", "not", "installed"]] * 2)

    def test_show_as_many_digits_as_mean_something(self):
        self.assertEqual(table.figure(1234567.8, "1/s"), "1,234,568 1/s")
        self.assertEqual(table.figure(12.345, "ns"), "12.3 ns")
        self.assertEqual(table.figure(1.2345, ""), "1.23")


class Plots(unittest.TestCase):
    def test_name_losses_and_who_is_missing(self):
        script = plots.script(FLOOD, samples(), "flood")
        self.assertIn('"libuv (missing)"', script)
        self.assertIn('"dgram recv\\nlost 12.5 / 12.5 %%"', script)


class Labels(unittest.TestCase):
    def test_say_which_contenders_are_dgrams(self):
        burst, options = BY_NAME["burst"], BY_NAME["options"]
        for peer in ("raw_recvmmsg", "asio_callback", "libuv", "libuv_recvmmsg", "node"):
            self.assertEqual(burst.label(peer), peer)
        self.assertEqual(burst.label("recv"), "dgram recv")
        self.assertEqual(burst.label("node_adapter"), "dgram node_adapter")
        self.assertEqual(options.label("batch_1"), "dgram recv, batch_1")


class Lines(unittest.TestCase):
    def test_what_is_no_sample_is_refused(self):
        for line in ("", "oops", "{}", '{"question": "q", "contender": "c"}', "[1]",
                     '{"question": "q", "case": "1", "contender": "c", "round": 0, "metric": "m", "value": "?"}'):
            with self.assertRaises(ValueError, msg=line):
                Samples().add_line(line)


if __name__ == "__main__":
    unittest.main()
