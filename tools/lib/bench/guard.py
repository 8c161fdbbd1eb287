"""What a datagram costs on each path, held against bench/guard.json: instructions in user space, and system calls.

Both are counted, not timed: they come out the same on a busy machine, so one run shows what a change has made dearer. They do
depend on compiler, libraries and kernel. The file says which ones its figures are of; with others they are shown, not judged.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import environment, table
from .run import TIME_LIMIT, Failure

TOLERANCE = 0.03
# Each program runs twice, with so many rounds: the difference is free of start and end, and of cold caches and pools.
FEW, MANY = 3, 13
# glibc copies and compares memory by other functions on other processors, and fills it where Meson runs the tests.
ENVIRONMENT = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM")
ENVIRONMENT.pop("MALLOC_PERTURB_", None)
TOOLS = ("valgrind", "strace")
SKIPPED = 77  # Meson's word for a test that cannot say anything here


@dataclass(frozen=True)
class Route:
    """A path of the code: a contender of a benchmark program, which passes so many datagrams in a round."""

    name: str
    program: str
    case: str
    contender: str
    datagrams: int


ROUTES = [
    Route("alone, recv()", "sparse", "64", "recv", 201),
    Route("alone, Node's message", "sparse", "64", "node_adapter", 201),
    Route("of many, recv()", "backlog", "64", "recv", 128),
    Route("of many, recv_many()", "backlog", "64", "recv_many", 128),
    Route("of many, recv_into()", "backlog", "64", "recv_into", 128),
    Route("of many, Node's message", "backlog", "64", "node_adapter", 128),
    Route("of a train, recv()", "gro", "1200", "recv", 128),
    Route("alone, send()", "send", "64", "send", 64),
    Route("alone, try_send()", "send", "64", "try_send", 64),
    Route("of many to 32 peers, send_many()", "send_many_peers", "64", "send_many", 128),
    Route("of many to one peer, send_many()", "send_bulk", "64", "send_many", 256),
    Route("of many to one peer, send_segments()", "send_bulk", "64", "send_segments", 256),
]


# --- counting -----------------------------------------------------------------------------------------------------------


def instructions(said):
    """All that callgrind has counted, from the file that it writes."""
    return {"instructions": int(re.search(r"^(?:summary|totals): (\d+)", said, re.M)[1])}


def system_calls(said):
    """{name: calls}, from strace's table."""
    rows = (line.split() for line in said.splitlines())
    return {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[0][0].isdigit() and row[-1] != "total"}


WAYS = [
    (["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file={}"], instructions),
    (["strace", "--follow-forks", "--summary-only", "--output={}"], system_calls),
]


def counted(way, read, words, rounds):
    with tempfile.NamedTemporaryFile("r") as out:
        watched = [word.format(out.name) for word in way] + words + ["--rounds", str(rounds)]
        result = subprocess.run(watched, capture_output=True, text=True, timeout=TIME_LIMIT, env=ENVIRONMENT)
        if result.returncode != 0:
            raise Failure(f"{' '.join(watched)}: {result.stderr.strip() or result.returncode}")
        return collections.Counter(read(out.read()))


def measure(route, programs):
    """{"instructions": of one datagram, "system_calls": {name: of 1,000 datagrams}}"""
    words = [str(programs / route.program), "--case", route.case, "--contender", route.contender]
    instructions_of, calls_of = (
        {name: (many[name] - few[name]) / ((MANY - FEW) * route.datagrams) for name in many}
        for few, many in [[counted(way, read, words, rounds) for rounds in (FEW, MANY)] for way, read in WAYS])
    # What is not called for datagrams is called a few times by chance, or for the lines that the program prints.
    calls = {name: round(1000 * count) for name, count in sorted(calls_of.items()) if name != "write"}
    return {"instructions": round(instructions_of["instructions"]), "system_calls": {k: v for k, v in calls.items() if v > 2}}


# --- judging ------------------------------------------------------------------------------------------------------------


def made_with(build):
    """What the figures are of."""
    options = {o["name"]: o["value"] for o in json.loads((build / "meson-info/intro-buildoptions.json").read_text())}
    compiler = environment.read(build / "meson-logs/meson-log.txt") or ""
    found = re.search(r"^C\+\+ compiler for the host machine: .*?\((.*)\)$", compiler, re.M)
    return {
        "compiler": re.sub(r'"\S+ ', '"', found[1]) if found else "unknown",  # c++ and g++ are one
        "build": f"{options['buildtype']}, -O{options['optimization']}, b_ndebug={options['b_ndebug']}",
        "asio": environment.asio_version(build),
        "libc": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
        "kernel": ".".join(platform.release().split(".")[:2]),
    }


def difference(before, now):
    """By how much of `before`; 0 where both are 0."""
    return (now - before) / max(before, 1)


def verdict(kept, now):
    """What there is to say of a route: "", "dearer: …" or "cheaper: …"."""
    if kept is None:
        return "new"
    changes = {"instructions": difference(kept["instructions"], now["instructions"])}
    for name in sorted({*kept["system_calls"], *now["system_calls"]}):
        changes[name] = difference(kept["system_calls"].get(name, 0), now["system_calls"].get(name, 0))
    for word, far in (("dearer", lambda by: by > TOLERANCE), ("cheaper", lambda by: by < -TOLERANCE)):
        those = [f"{name} {by:+.1%}" for name, by in changes.items() if far(by)]
        if those:
            return f"{word}: {', '.join(those)}"
    return ""


def lines(routes, kept, measured):
    """A table: what a datagram costs, what it did, and what is to be said of it."""
    yield ["a datagram", "instructions", "kept", "system calls of 1,000", ""]
    for route in routes:
        now, before = measured[route.name], kept.get(route.name)
        calls = ", ".join(f"{count} {name}" for name, count in now["system_calls"].items())
        yield [route.name, f"{now['instructions']:,}", f"{before['instructions']:,}" if before else "-", calls,
               verdict(before, now)]


# --- the program --------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(prog="tools/bench --guard", allow_abbrev=False)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    for tool in TOOLS:
        if not shutil.which(tool):
            print(f"{tool} is missing")
            return SKIPPED

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda route: measure(route, asked.build / "bench"), ROUTES))
    measured = {route.name: result for route, result in zip(ROUTES, results)}
    here = made_with(asked.build)
    file = json.loads(asked.file.read_text()) if asked.file.exists() else {"made_with": here, "datagram": {}}
    kept = file["datagram"]
    print("\n".join(table.aligned(list(lines(ROUTES, kept, measured)))))

    if asked.keep:
        asked.file.write_text(json.dumps({"made_with": here, "datagram": measured}, indent=2) + "\n")
        print(f"{asked.file.name} has these figures now.")
        return 0
    other = [f"{key}: {here[key]}, not {value}" for key, value in file["made_with"].items() if here[key] != value]
    if other:
        print(f"Not judged: the figures that are kept were made with others ({'; '.join(other)}).")
        return SKIPPED
    changed = [name for name in measured if verdict(kept.get(name), measured[name])]
    if changed:
        print(f"FAILED: {len(changed)} of {len(measured)} are not within {TOLERANCE:.0%} of what is kept. What is meant to be so is "
              "kept by tools/bench --guard --keep, and the commit says why.")
        return 1
    print(f"OK: {len(measured)} within {TOLERANCE:.0%} of what is kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
