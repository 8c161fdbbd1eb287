"""The questions that the benchmarks answer: one row each.

A row names the program in bench/, what its figures mean, and who the yardstick is that the others are compared with.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    name: str
    unit: str
    title: str
    higher_is_better: bool = False
    # A figure beside the others: shown without a ratio, and not in the plot.
    beside: bool = False


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    case: str  # what its cases are: "bytes", "sockets"
    yardstick: str
    metrics: tuple
    # Rounds: where contenders are processes at least 15, where a round is cheap more.
    rounds: int
    quick_rounds: int
    program: str = ""  # where it is not called as the question
    needs_node: bool = False  # the program takes --node


COST = (Metric("ns_per_datagram", "ns", "time per datagram"),)

QUESTIONS = (
    Question("backlog", "Receive: datagrams that wait in the socket", "bytes", "raw_recvmmsg", COST, 150, 31),
)


def named(name):
    """The question of that name."""
    return next(question for question in QUESTIONS if question.name == name)
