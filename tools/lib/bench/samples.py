"""What the programs have printed: samples by question, case, contender, metric and round; and who is missing."""

import json


def is_of_size(case, sizes):
    """Whether a case is what --size asks for: "1200" is, and so is "recv/1200"; all are where nothing was asked."""
    return not sizes or any(part in sizes for part in case.split("/"))


class Samples:
    def __init__(self):
        self._values = {}  # (question, case, contender, metric): {round: value}
        self._missing = {}  # question: {contender: why}
        self._expected = {}  # question: ([cases], [contenders]), each in the program's order

    def expect(self, question, listing):
        """Takes in what a program says to --list: its cases and contenders, in the order of tables and plots."""
        cases, contenders = self._expected.setdefault(question, ([], []))
        for line in listing.splitlines():
            _, case, contender = line.split("\t")
            if case not in cases:
                cases.append(case)
            if contender not in contenders:
                contenders.append(contender)

    def add_line(self, line):
        """Takes a line of a program in, and returns it. Raises ValueError when it is none."""
        try:
            entry = json.loads(line)
            question, contender = entry["question"], entry["contender"]
            if "missing" in entry:
                self._missing.setdefault(question, {})[contender] = entry["missing"]
            else:
                key = (question, entry["case"], contender, entry["metric"])
                self._values.setdefault(key, {})[int(entry["round"])] = float(entry["value"])
            return entry
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a line of a benchmark program: {line.rstrip()}") from error

    def rounds(self, question, case, contender, metric):
        """{round: value}; empty where nothing was measured."""
        return self._values.get((question, case, contender, metric), {})

    def missing(self, question):
        """{contender: why}"""
        return self._missing.get(question, {})

    def cases(self, question):
        return self._expected.get(question, ([], []))[0]

    def contenders(self, question):
        return self._expected.get(question, ([], []))[1]
