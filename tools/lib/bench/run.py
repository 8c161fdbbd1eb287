"""Runs the programs, one after the other, and shows how far they are."""

import json
import subprocess
import tempfile
import threading
import time

from . import google
from .samples import is_of_size

# A program that hangs is ended; none takes nearly as long.
TIME_LIMIT = 600


class Failure(Exception):
    """A question that has no answer, and why."""


class Progress:
    """A bar that replaces itself on a terminal; elsewhere a line now and then."""

    def __init__(self, out, total, say_every=20):
        self._out = out
        self._on_terminal = out.isatty()
        self._total = total
        self._done = 0
        self._say_every = say_every
        self._began = self._said = time.monotonic()

    def show(self, name, fraction):
        part = (self._done + fraction) / self._total
        now = time.monotonic()
        seconds = int(now - self._began)
        if self._on_terminal and now - self._said >= 0.1:
            filled = int(30 * part)
            bar = "#" * filled + "-" * (30 - filled)
            self._out.write(f"\r\033[K   [{bar}] {part:4.0%}  {name}, {seconds} s")
        elif not self._on_terminal and now - self._said >= self._say_every:
            self._out.write(f"   {part:4.0%}  {name}, {seconds} s\n")
        else:
            return
        self._said = now
        self._out.flush()

    def finish_one(self):
        self._done += 1
        self.clear()

    def clear(self):
        if self._on_terminal:
            self._out.write("\r\033[K")
            self._out.flush()


def command(question, programs, node, arguments):
    words = [str(programs / (question.program or question.name)), *arguments]
    if question.needs_node and node:
        words += ["--node", node]
    return words


def output(words):
    """All that a program says. Raises Failure."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT)
    if result.returncode != 0:
        raise Failure(result.stderr.strip() or f"ended with {result.returncode}")
    return result.stdout


def listing(question, programs, node):
    """What the program says to --list."""
    if question.google:
        return google.listing(question.name, output(command(question, programs, "", google.LIST)))
    return output(command(question, programs, node, ["--list"]))


def selection(samples, question, sizes, contenders, only=()):
    """The options that leave out what is not wanted. None where nothing is left."""
    known = samples.cases(question.name)
    cases = [case for case in known if is_of_size(case, sizes) and (not only or case in only)]
    if not cases:
        return None, []
    options = []
    if len(cases) < len(known):
        for case in cases:
            options += ["--case", case]
    for contender in contenders:
        options += ["--contender", contender]
    return options, cases


def run(question, samples, out, programs, node, rounds, options, cases, progress):
    """Runs one program; its samples go to `samples`, its lines to `out`. Raises Failure."""
    if question.google:
        run_google(question, samples, out, programs, rounds, cases, progress)
        return
    words = command(question, programs, node, ["--rounds", str(rounds), *options])
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True) as program:
            limit = threading.Timer(TIME_LIMIT, program.kill)
            limit.start()
            try:
                for line in program.stdout:
                    entry = samples.add_line(line)
                    out.write(line)
                    if entry.get("case") in cases:
                        at = cases.index(entry["case"])
                        progress.show(question.name, (at + (entry["round"] + 1) / rounds) / len(cases))
            except BaseException:
                program.kill()
                raise
            finally:
                limit.cancel()
        errors.seek(0)
        said = errors.read().strip()
    if program.returncode != 0:
        raise Failure(said or f"ended with {program.returncode}")
    if said:
        progress.clear()
        print(f"   {question.name} says: {said}")


def run_google(question, samples, out, programs, rounds, cases, progress):
    progress.show(question.name, 0)
    said = output(command(question, programs, "", google.measure(rounds)))
    for line in google.lines(question.name, question.metrics[0].name, said):
        if json.loads(line)["case"] in cases:
            samples.add_line(line)
            out.write(line)
