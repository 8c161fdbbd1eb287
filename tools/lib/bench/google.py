"""Programs over Google Benchmark, spoken to as if they had the command line of the others.

A benchmark is a contender, a repetition is a round, and the order is random instead of rotating. "recv/64/manual_time"
is the contender "recv" in the case "64".
"""

import json
import re

LIST = ["--benchmark_list_tests=true"]


def contender_and_case(name):
    contender, *rest = re.sub(r"/(manual_time|(iterations|repeats|min_time):[^/]*)", "", name).split("/")
    return contender, "/".join(rest)


def listing(question, said):
    """What the other programs would say to --list."""
    pairs = [contender_and_case(name) for name in said.split()]
    return "\n".join(f"{question}\t{case}\t{contender}" for contender, case in pairs)


def measure(rounds):
    return [
        "--benchmark_format=json",
        "--benchmark_min_time=0.01",
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_repetitions={rounds}",
    ]


def nanoseconds(entry):
    """Of one step: those that do many at a time say themselves what one has taken, in seconds."""
    if "per_datagram" in entry:
        return entry["per_datagram"] * 1e9
    if entry["time_unit"] != "ns":
        raise ValueError(f"{entry['name']}: the time is in {entry['time_unit']}, not in ns")
    return entry["real_time"]


def lines(question, metric, said):
    """The samples that the other programs would print."""
    for entry in json.loads(said)["benchmarks"]:
        if entry.get("run_type") != "iteration":
            continue
        if entry.get("error_occurred"):
            raise ValueError(f"{entry['name']}: {entry['error_message']}")
        contender, case = contender_and_case(entry["name"])
        sample = {"question": question, "case": case, "contender": contender, "round": entry["repetition_index"],
                  "metric": metric, "value": nanoseconds(entry)}
        yield json.dumps(sample, separators=(",", ":")) + "\n"
