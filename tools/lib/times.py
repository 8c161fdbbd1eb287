"""What ran and where the time went: per build its phases and its tests, and which files and tests were slowest.

Usage: times.py <build folder> <times.tsv> <when the run began, in seconds since 1970>

times.tsv has a line per phase: build, phase, seconds; and two per build with tests: build, "passed" or "failed", how many.
What a file took is in Ninja's log, what a test took in Meson's.
"""

import json
import sys
from pathlib import Path

PHASES = ["install", "configure", "compile", "test"]
COUNTS = ["passed", "failed"]


def phases(times):
    """{build: {phase: seconds}}; what belongs to no build, under ''."""
    result = {}
    for line in times.read_text().splitlines():
        build, phase, seconds = line.split("\t")
        took = result.setdefault(build, {})
        took[phase] = took.get(phase, 0) + float(seconds)
    return result


def files(folder, began):
    """(seconds, name) of what Ninja has made since then."""
    log = folder / ".ninja_log"
    if not log.exists():
        return
    for line in log.read_text().splitlines()[1:]:
        start, end, written, output = line.split("\t")[:4]
        # Nanoseconds since 1970; 0 for what has no time of its own.
        if output.endswith((".o", ".gch", ".pch")) and int(written) / 1e9 >= began:
            yield (int(end) - int(start)) / 1000, Path(output).name


def tests(folder, began):
    log = folder / "meson-logs" / "testlog.json"
    if not log.exists() or log.stat().st_mtime < began:
        return
    for line in log.read_text().splitlines():
        test = json.loads(line)
        yield test["duration"], test["name"].split(" / ")[-1]


def slowest(found, builds):
    lines = sorted(((seconds, build, name) for build in builds for seconds, name in found(build)), reverse=True)
    return [f"{seconds:7.1f}  {build}: {name}" for seconds, build, name in lines[:5]]


def main():
    root, times, began = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    by_build = phases(times) if times.exists() else {}
    print(f"{'seconds':<18}" + "".join(f"{column:>11}" for column in PHASES + COUNTS))
    for build, took in by_build.items():
        cells = "".join(f"{took[column]:>11.0f}" if column in took else f"{'':>11}" for column in PHASES + COUNTS)
        print(f"{build or 'packages':<18}{cells}".rstrip())
    builds = [build for build in by_build if build]
    for title, source in ("slowest files", files), ("slowest tests", tests):
        lines = slowest(lambda build: source(root / build, began), builds)
        if lines:
            print(title + "\n" + "\n".join(lines))


main()
