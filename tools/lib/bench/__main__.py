"""Runs the benchmarks that were asked for, and shows what they say. Started by tools/bench."""

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

from . import bars, environment, plots, run, table
from .questions import QUESTIONS
from .samples import Samples


def options():
    parser = argparse.ArgumentParser(prog="tools/bench", allow_abbrev=False)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--node", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--filter", default="")
    parser.add_argument("--size", action="append", default=[])
    parser.add_argument("--locks", choices=["none"])
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def chosen(asked):
    needed = {bar.question for bar in bars.BARS}
    return [q for q in QUESTIONS if asked.filter in q.name and (not asked.check or q.name in needed)]


def measure(asked, questions, samples, out):
    """{question: why} of those that have failed."""
    programs = asked.build / "bench"
    failed = {}
    progress = run.Progress(sys.stdout, len(questions))
    for question in questions:
        try:
            samples.expect(question.name, run.listing(question, programs, asked.node))
            only = bars.contenders_of(question.name) if asked.check else []
            few = question.quick_cases if asked.quick else ()
            selected, cases = run.selection(samples, question, asked.size, only, few)
            if few:
                print(f"   {question.name}: with --quick only {', '.join(cases) or 'none of these cases'}")
            if selected is not None:
                rounds = question.quick_rounds if asked.quick else question.rounds
                selected += ["--brief"] * asked.quick
                run.run(question, samples, out, programs, asked.node, rounds, selected, cases, progress)
        except (run.Failure, ValueError, OSError, subprocess.TimeoutExpired) as error:
            failed[question.name] = str(error)
        progress.finish_one()
        if question.name in failed:
            print(f"== {question.name}: no answer: {failed[question.name]}\n")
        elif not asked.check:
            print(table.text(question, samples))
    return failed


def draw(questions, samples, folder):
    complaints = [plots.draw(question, samples, folder) for question in questions]
    for complaint in dict.fromkeys(filter(None, complaints)):
        print(f"plots: {complaint}")


def report(those, asked, questions, samples):
    """Prints what was measured of bars or of goals, and how many; returns those that fall short."""
    names = {question.name for question in questions}
    short = []
    total = {}
    for bar in those:
        results = bars.judge(bar, samples, asked.size) if bar.question in names else []
        for line in bars.lines(bar, results):
            print(line)
        for result in results:
            total.setdefault(bar.words[result.verdict], []).append(result)
        if any(result.verdict is bars.Verdict.FAIL for result in results):
            short.append(str(bar))
    counts = ", ".join(f"{len(results)} {word}" for word, results in total.items())
    print(counts or "none of them was measured")
    return short


def check(asked, questions, samples):
    """Prints bars and goals; returns the bars that fall short. A goal that is not reached fails nothing."""
    print("Regression bars:")
    short = report(bars.BARS, asked, questions, samples)
    print("\nGoals, which fail nothing:")
    report(bars.GOALS, asked, questions, samples)
    print()
    return short


def new_folder(parent):
    """Named for the time; with a number where another run began in the same second."""
    name = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in ["", *(f"-{number}" for number in range(2, 100))]:
        folder = parent / (name + suffix)
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise SystemExit(f"{parent}: too many folders of the same second")


def main():
    asked = options()
    questions = chosen(asked)
    if not questions:
        print(f"No question has \"{asked.filter}\" in its name: see tools/bench --list", file=sys.stderr)
        return 2
    if asked.list:
        for question in questions:
            print(f"{question.name:<16} {question.title}")
        return 0

    if asked.locks:
        os.environ["DGRAM_BENCH_LOCKS"] = asked.locks  # bench/support/context.hpp
    folder = new_folder(asked.root / "build/bench-results")
    where = folder.relative_to(asked.root)
    words = ["tools/bench"] + ["--quick"] * asked.quick + ["--check"] * asked.check
    words += ["--filter", asked.filter] if asked.filter else []
    for size in asked.size:
        words += ["--size", size]
    words += ["--locks", asked.locks] if asked.locks else []
    about = environment.describe(asked.root, asked.build, asked.node, " ".join(words))
    (folder / "environment.json").write_text(json.dumps(about, indent=2) + "\n")
    if not asked.node:
        print("Node is missing: what has to do with it is not measured")

    busy = environment.busy()
    if busy:
        print(f"The machine is busy ({busy}): that moves ratios as well, not only times")

    samples = Samples()
    with open(folder / "samples.jsonl", "w") as out:
        failed = measure(asked, questions, samples, out)
    draw(questions, samples, folder)
    # With fewer rounds and shorter turns they would be judged by figures that are not meant for it.
    short = check(asked, questions, samples) if not asked.quick else []
    if short and not asked.check:
        print("Bars that are not cleared are no failure here: that is what --check is for.")
        short = []
    print(f"Samples, environment and plots: {where}/")
    wrong = [f"{name}: no answer" for name in failed] + short
    if wrong:
        print("FAILED:\n  " + "\n  ".join(wrong))
        return 1
    print("OK")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
