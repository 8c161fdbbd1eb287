"""The questions that the benchmarks answer: one row each.

A row names the program in bench/, what its figures mean, and who the yardstick is that the others are compared with.
"""

from dataclasses import dataclass


def is_peer(contender):
    """Whether a contender is somebody else's way, by its name in the programs. All others are dgram's."""
    return contender == "node" or contender.startswith(("raw_", "asio_", "libuv"))


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
    quick_cases: tuple = ()  # all that --quick measures, where it cannot be had by shorter turns
    google: bool = False  # the program is over Google Benchmark, which has its own command line
    ours: str = "dgram"  # what dgram's own contenders are called by, beside their names in the program

    def label(self, contender):
        """A contender's name for readers, in tables, plots and bars: it says whose it is."""
        return contender if is_peer(contender) else f"{self.ours} {contender}"


COST = (Metric("ns_per_datagram", "ns", "time per datagram"),)
STEP = (Metric("ns", "ns", "time per step"),)
CPU = (Metric("cpu_ns_per_datagram", "ns", "CPU time per datagram"),)
LOST = Metric("lost_percent", "%", "lost")
FLOOD = (Metric("received_per_second", "1/s", "received", True), LOST, *CPU)
ECHO = (
    Metric("requests_per_second", "1/s", "requests", True),
    Metric("p50_us", "µs", "median"),
    Metric("p99_us", "µs", "99 %"),
    Metric("p99_9_us", "µs", "99.9 %"),
    Metric("server_cpu_us", "µs", "server's CPU time"),
    Metric("lost", "", "lost"),
)
TIMER = (Metric("timer_lateness_us", "µs", "timer is late by"), LOST)
SHARDS = (
    Metric("received_per_second", "1/s", "received", True),
    Metric("points_from_even", "points", "64 flows off even by", beside=True),
)
CALLS = (Metric("per_second", "1/s", "calls or messages", True), LOST)
NODE_IN_SHORT = ("single-buffer/64/send", "single-buffer/64/recv", "array-vs-concat/256x4/concat")
HEAP = (Metric("bytes_per_socket", "B", "heap per socket"),)

QUESTIONS = (
    Question("backlog", "Receive: datagrams that wait in the socket", "bytes", "raw_recvmmsg", COST, 150, 31),
    Question("options", "Receive: what each option of a socket adds", "bytes", "none", COST, 60, 15,
             ours="dgram recv,"),
    Question("gro", "Receive: datagrams that come as trains (GRO)", "bytes", "raw_gro", COST, 300, 61),
    Question("send", "Send: one by one to one peer", "bytes", "raw_sendto", COST, 300, 61),
    Question("send_many_peers", "Send: to 32 peers in turn", "bytes", "raw_sendmmsg", COST, 150, 31),
    Question("send_bulk", "Send: many to one peer", "bytes", "raw_gso", COST, 150, 31),
    Question("run_length", "Send: from how many on a run pays", "datagrams", "one_by_one", COST, 150, 31,
             ours="dgram send_many,"),
    Question("burst", "Receive: a process that finds a burst", "bytes", "raw_recvmmsg", COST, 15, 5, needs_node=True),
    Question("flood", "Receive: as much as one core sends", "", "raw_recvmmsg", FLOOD, 15, 5, needs_node=True),
    Question("timers", "A timer of 1 ms in a receiver under flood", "", "asio_callback", TIMER, 15, 5),
    Question("echo", "Echo: requests of 64 bytes", "outstanding", "raw_recvfrom", ECHO, 15, 5, needs_node=True),
    Question("node_programs", "Node's own benchmark programs", "", "node", CALLS, 5, 5, needs_node=True,
             quick_cases=NODE_IN_SHORT),
    Question("sparse", "Receive: one datagram a wake-up", "bytes", "raw_epoll_recvfrom", CPU, 150, 31),
    Question("sockets", "Receive: a loop with many sockets", "sockets", "raw_epoll_recvmmsg", COST, 31, 9),
    Question("shards", "Receive: two shards on two cores", "bytes", "one_shard", SHARDS, 61, 15,
             ours="dgram recv,"),
    Question("micro", "Steps inside the library", "", "ready_try_recv", STEP, 31, 15, google=True),
    Question("node", "A message of the Node adapter", "bytes", "try_recv", COST, 31, 15, google=True),
    Question("idle_memory", "Memory of a socket that waits", "sockets", "asio_callback", HEAP, 5, 5),
)

BY_NAME = {question.name: question for question in QUESTIONS}
