"""The bars that the library has to clear, as data; and what a measurement says about one."""

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from . import statistics
from .questions import BY_NAME
from .samples import is_of_size


class Verdict(Enum):
    PASS = "pass"
    FAIL = "FAIL"
    NOT_MEASURABLE = "not measurable here"


@dataclass(frozen=True)
class Kind:
    """How a contender's figure is held against another one's."""

    text: str
    estimate: object  # from both contenders' rounds
    upper: bool  # the bound is the most, not the least
    unit: str = ""


AT_MOST = Kind("at most", statistics.ratio, True, "×")
AT_LEAST = Kind("at least", statistics.ratio, False, "×")
TIMES_FASTER = Kind("faster by at least", lambda value, other: statistics.ratio(other, value), False, "×")
MORE_BY_AT_MOST = Kind("more by at most", statistics.difference, True)


@dataclass(frozen=True)
class Bar:
    question: str
    case: str  # or a pattern of several, as "*/recv"
    contender: str
    against: str
    kind: Kind
    bound: float
    metric: str = "ns_per_datagram"
    unit: str = ""

    def __str__(self):
        bound = f"{self.bound:g}{self.kind.unit or ' ' + self.unit}"
        ours, theirs = map(BY_NAME[self.question].label, (self.contender, self.against))
        return f"{self.question} {self.case}: {ours} against {theirs}: {self.kind.text} {bound}"


def for_cases(question, cases, *rest, **more):
    return [Bar(question, case, *rest, **more) for case in cases]


SIZES = ("64", "1200", "8192")
RECEIVING = ("*/recv",)
SENDING = ("*/send", "*/multi", "*/concat")
PATHS = ("64", "1200")  # what one packet carries

BARS = [
    *for_cases("backlog", SIZES, "recv", "raw_recvmmsg", AT_MOST, 1.05),
    *for_cases("backlog", SIZES, "recv_plain_coroutine", "raw_recvmmsg", AT_MOST, 1.12),
    *for_cases("backlog", SIZES, "recv_many", "raw_recvmmsg", AT_MOST, 1.03),
    *for_cases("backlog", SIZES, "recv", "libuv", TIMES_FASTER, 1.25),
    *for_cases("backlog", SIZES, "recv", "asio_use_awaitable", TIMES_FASTER, 1.6),
    *for_cases("burst", SIZES, "recv", "node", TIMES_FASTER, 5),
    Bar("gro", "1200", "recv", "raw_gro", AT_MOST, 1.20),
    Bar("gro", "1200", "recv", "raw_recvmmsg", TIMES_FASTER, 5),
    *for_cases("send", PATHS, "send", "raw_sendto", AT_MOST, 1.05),
    *for_cases("send_many_peers", PATHS, "send_many", "raw_sendmmsg", AT_MOST, 1.05),
    *for_cases("send_bulk", PATHS, "send_many", "raw_gso", AT_MOST, 1.10),
    *for_cases("send_bulk", PATHS, "send_many", "raw_sendmmsg", TIMES_FASTER, 4),
    *for_cases("sparse", PATHS, "recv", "asio_use_awaitable", AT_MOST, 1.10, metric="cpu_ns_per_datagram"),
    *for_cases("flood", ("gso", "sendmmsg"), "recv", "raw_recvmmsg", MORE_BY_AT_MOST, 1, "lost_percent", "points"),
    Bar("timers", "gso", "recv", "asio_callback", AT_MOST, 1.00, "timer_lateness_us"),
    Bar("echo", "64", "recv", "raw_recvfrom", AT_LEAST, 1.00, "requests_per_second"),
    Bar("echo", "64", "recv_many", "raw_recvfrom", AT_LEAST, 1.10, "requests_per_second"),
    *for_cases("node_programs", RECEIVING, "node_adapter", "node", AT_LEAST, 5, "per_second"),
    *for_cases("node_programs", SENDING, "node_adapter", "node", AT_LEAST, 4, "per_second"),
    *for_cases("node_programs", RECEIVING, "node_adapter", "libuv", AT_LEAST, 1.2, "per_second"),
    *for_cases("node_programs", SENDING, "node_adapter", "libuv", AT_LEAST, 1.0, "per_second"),
    Bar("sockets", "10000", "recv", "raw_epoll_recvmmsg", AT_MOST, 1.25),
    *for_cases("shards", PATHS, "two_shards", "one_shard", AT_LEAST, 1.3, "received_per_second"),
    *for_cases("shards", PATHS, "two_shards", "one_shard", MORE_BY_AT_MOST, 10, "points_from_even", "points"),
    Bar("idle_memory", "10000", "async_recv", "asio_callback", MORE_BY_AT_MOST, 1000, "bytes_per_socket", "bytes"),
]


def verdict(estimate, bound, upper):
    """Decided only where the whole interval lies on one side of the bar.

    An interval that holds the bar is wider than the margin between median and bar: neither pass nor fail.
    """
    if upper:
        if estimate.high <= bound:
            return Verdict.PASS
        return Verdict.FAIL if estimate.low > bound else Verdict.NOT_MEASURABLE
    if estimate.low >= bound:
        return Verdict.PASS
    return Verdict.FAIL if estimate.high < bound else Verdict.NOT_MEASURABLE


@dataclass(frozen=True)
class Result:
    bar: Bar
    verdict: Verdict
    estimate: object = None
    why: str = ""

    @property
    def figure(self):
        if self.estimate is None:
            return self.why
        unit = self.bar.kind.unit or f" {self.bar.unit}"
        return f"{self.estimate.median:.4g}{unit} [{self.estimate.low:.4g}, {self.estimate.high:.4g}]"

    @property
    def to_spare(self):
        """How far on the good side of the bar the median is."""
        if self.estimate is None:
            return float("-inf")
        margin = self.bar.bound - self.estimate.median
        return margin if self.bar.kind.upper else -margin


def lines(bar, results):
    """What there is to say about a bar: a line for each verdict, with the case that has the least to spare."""
    for verdict in Verdict:
        those = [result for result in results if result.verdict is verdict]
        if not those:
            continue
        least = min(those, key=lambda result: result.to_spare)
        where = "" if len(results) == 1 else f"{len(those)} of {len(results)} cases, {least.bar.case} the closest: "
        yield f"{verdict.value:<20} {bar}: {where}{least.figure}"


def judge(bar, samples, sizes=()):
    """The results of a bar: one for each case that it is about, and that is of one of `sizes` where some are given."""
    missing = samples.missing(bar.question)
    for name in (bar.contender, bar.against):
        if name in missing:
            why = f"{BY_NAME[bar.question].label(name)} is missing: {missing[name]}"
            return [Result(bar, Verdict.NOT_MEASURABLE, why=why)]
    cases = [case for case in samples.cases(bar.question) if fnmatchcase(case, bar.case)]
    if cases and sizes:
        cases = [case for case in cases if is_of_size(case, sizes)]
        if not cases:
            return []
    results = []
    for case in cases:
        here = Bar(bar.question, case, bar.contender, bar.against, bar.kind, bar.bound, bar.metric, bar.unit)
        of = [samples.rounds(bar.question, case, name, bar.metric) for name in (bar.contender, bar.against)]
        estimate = bar.kind.estimate(*of) if all(of) else None
        if estimate is None:
            results.append(Result(here, Verdict.FAIL, why="nothing was measured"))
        else:
            results.append(Result(here, verdict(estimate, bar.bound, bar.kind.upper), estimate))
    return results or [Result(bar, Verdict.FAIL, why="nothing was measured")]


def contenders_of(question, bars=BARS):
    """Whom the bars of a question need."""
    return sorted({name for bar in bars if bar.question == question for name in (bar.contender, bar.against)})
