"""Reads Meson's testlog.json: prints what failed, then 'passed failed' as its last line. Usage: results.py <testlog.json>
<suites.tsv>, which gets a line per program: its name, what passed, what failed, seconds.

A Catch2 program counts as many tests as it has test cases, a TAP script as many as it has lines, any other program one.
"""

import json
import re
import sys


def count(test):
    """(passed, failed) of one program."""
    out = test.get("stdout") or ""
    good = test["result"] == "OK"
    passed = failed = 0

    if match := re.search(r"All tests passed \(.* in (\d+) test cases?\)", out):
        passed = int(match[1])
    elif match := re.search(r"^test cases: *\d+(.*)$", out, re.M):
        passed = sum(int(n) for n in re.findall(r"\| *(\d+) passed", match[1]))
        failed = sum(int(n) for n in re.findall(r"\| *(\d+) failed(?! as expected)", match[1]))
    elif re.search(r"^(not )?ok\b", out, re.M):
        lines = [line for line in re.findall(r"^(?:not )?ok\b.*$", out, re.M) if "# SKIP" not in line]
        failed = sum(line.startswith("not") for line in lines)
        passed = len(lines) - failed
    elif good and "No tests ran" not in out:
        passed = 1

    # Crashed, timed out, or a sanitizer spoke after the last test case.
    if not good and failed == 0:
        failed = 1
    return passed, failed


def why_skipped(test):
    """What a program said before it ended with 77: "skipped: no right to ..."."""
    match = re.search(r"^skipped: (.*)$", test.get("stdout") or "", re.M)
    return f" ({match[1]})" if match else ""


def report(test):
    print(f"--- {test['name']}: {test['result'].lower()} after {test['duration']:.1f} s")
    text = (test.get("stdout") or "") + (test.get("stderr") or "")
    lines = text.splitlines()
    if len(lines) > 200:
        print(f"    ({len(lines) - 200} lines before these: see the log)")
    print("\n".join(lines[-200:]))


def main():
    passed = failed = 0
    with open(sys.argv[1]) as log, open(sys.argv[2], "w") as suites:
        for line in log:
            test = json.loads(line)
            if test["result"] == "SKIP":
                print(f"   skipped: {test['name']}{why_skipped(test)}")
                continue
            good, bad = count(test)
            passed += good
            failed += bad
            suites.write(f"{test['name'].split(' / ')[-1]}\t{good}\t{bad}\t{test['duration']:.1f}\n")
            if bad:
                report(test)
    print(passed, failed)


main()
