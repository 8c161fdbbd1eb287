"""What was counted is read as its tools write it, and a path that has become dearer is named with what has."""

import unittest

from bench import guard

CALLGRIND = "version: 1\nevents: Ir\nsummary: 123456\n\nob=(1)\ntotals: 123456\n"
STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 45.74    0.003911           4       804           sendto
  0.08    0.000007           2         3         3 getpeername
------ ----------- ----------- --------- --------- ------------------
100.00    0.008562           3       807         3 total
"""


def counts(instructions, **calls):
    return {"instructions": instructions, "system_calls": calls}


class Counts(unittest.TestCase):
    def test_are_read_from_what_callgrind_writes(self):
        self.assertEqual(guard.instructions(CALLGRIND), {"instructions": 123456})

    def test_are_read_from_the_table_of_strace_with_errors_and_without(self):
        self.assertEqual(guard.system_calls(STRACE), {"sendto": 804, "getpeername": 3})


class Verdicts(unittest.TestCase):
    def test_say_nothing_within_the_tolerance(self):
        for now in (970, 1000, 1030):
            self.assertEqual(guard.verdict(counts(1000, recvmmsg=1000), counts(now, recvmmsg=1000)), "")

    def test_name_what_is_dearer(self):
        self.assertEqual(guard.verdict(counts(1000), counts(1031)), "dearer: instructions +3.1%")
        self.assertEqual(guard.verdict(counts(1000, recvmmsg=100), counts(1000, recvmmsg=104)), "dearer: recvmmsg +4.0%")

    def test_name_a_system_call_that_was_not_made_before(self):
        self.assertEqual(guard.verdict(counts(1000), counts(1000, poll=1)), "dearer: poll +100.0%")

    def test_name_what_is_cheaper_so_that_it_is_kept(self):
        self.assertEqual(guard.verdict(counts(1000, poll=1000), counts(900)), "cheaper: instructions -10.0%, poll -100.0%")

    def test_name_what_is_dearer_first(self):
        self.assertEqual(guard.verdict(counts(1000, poll=1000), counts(1100)), "dearer: instructions +10.0%")

    def test_name_a_route_that_was_never_counted(self):
        self.assertEqual(guard.verdict(None, counts(1000)), "new")


if __name__ == "__main__":
    unittest.main()
