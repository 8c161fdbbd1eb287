"""Clients of a service behind a balancer (examples/behind_balancer.cpp). Usage: balancer_client.py <address> <port>
[any-port] ask <datagrams> [<own addresses>...] | until <service> | stream | large | forge | take | health | nobody

A question is asked again when no answer comes; an empty datagram is none, see docs/load_balancing.md."""

import collections
import os
import re
import select
import signal
import socket
import sys
import time

server = (sys.argv[1], int(sys.argv[2]))
any_port = sys.argv[3] == "any-port"  # the service sees the client's address with another port
action, *rest = sys.argv[4 if any_port else 3 :]
patience = 20  # seconds that a question may take
again_after = 0.2
family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET


def named(address):
    if any_port:
        return address[0]
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


class Client:
    """One port, one question at a time."""

    def __init__(self, own=None):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if own:
            self.socket.bind((own, 0))
        self.socket.connect(server)
        self.tries = 0
        self.asked_at = 0

    def ask(self, question):
        self.question = question
        self.began = time.monotonic()
        self.again()

    def again(self):
        self.tries += 1
        self.asked_at = time.monotonic()
        try:
            self.socket.send(self.question)
        except ConnectionRefusedError:
            pass  # an answer to an earlier try

    def answer(self, patience):
        """The client's address and the service's, as the service says; None when nothing has come."""
        if not select.select([self.socket], [], [], max(0, patience))[0]:
            return None
        try:
            text = self.socket.recv(65536)
        except ConnectionRefusedError:
            return None
        said = re.fullmatch(rb"you are (\S+), I am (\S+): (.*)", text, re.S)
        if not said or said[3] != self.question:
            return None  # empty, or the answer to an earlier question, which was asked twice
        you = said[1].decode()
        return you.rpartition(":")[0] if any_port else you, said[2].decode()

    def insist(self, question):
        """Asks until there is an answer."""
        self.ask(question)
        while time.monotonic() < self.began + patience:
            answer = self.answer(self.asked_at + again_after - time.monotonic())
            if answer:
                return answer
            if time.monotonic() >= self.asked_at + again_after:
                self.again()
        sys.exit(f"no answer from {server}")


def ask(count, own=()):
    """Questions from ports of their own, one behind the other."""
    by = collections.Counter()
    wrong = tries = 0
    for i in range(count):
        client = Client(own[i % len(own)] if own else None)
        you, me = client.insist(b"question %d" % i)
        wrong += you != named(client.socket.getsockname())
        tries += client.tries
        by[me] += 1
    print(f"{count} answered, {wrong} with a wrong address, by {' '.join(sorted(by))}")
    print(f"# {dict(by)}, {tries} tries", file=sys.stderr)


def until(service):
    """Until this one has answered."""
    end = time.monotonic() + patience
    while Client().insist(b"anybody")[1] != service:
        if time.monotonic() > end:
            sys.exit(f"{service} has not answered")
    print(f"{service} has answered")


def stream():
    """Eight clients ask one question after another, until SIGTERM: then it says what became of them."""
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    clients = [Client() for _ in range(8)]
    by_socket = {client.socket: client for client in clients}
    asked = answered = wrong = 0
    late = []
    end = time.monotonic() + 100
    for client in clients:
        client.ask(b"stream %d" % asked)
        asked += 1
    print("streaming", flush=True)
    open_questions = set(clients)
    while (open_questions or not stopped) and time.monotonic() < end:
        ready = select.select([client.socket for client in open_questions], [], [], 0.01)[0]
        for client in [by_socket[s] for s in ready]:
            answer = client.answer(0)
            if not answer:
                continue
            answered += 1
            wrong += answer[0] != named(client.socket.getsockname())
            late.append(time.monotonic() - client.began)
            open_questions.discard(client)
        now = time.monotonic()
        for client in clients:
            if client in open_questions:
                if now >= client.asked_at + again_after:
                    client.again()
            elif not stopped and now >= client.asked_at + 0.005:
                client.ask(b"stream %d" % asked)
                asked += 1
                open_questions.add(client)
    tries = sum(client.tries for client in clients)
    print(f"{asked - answered} of {asked} unanswered, {wrong} with a wrong address")
    print(f"# {tries} tries, the longest wait {max(late):.2f} s", flush=True)


def large():
    """There and back whole."""
    client = Client()
    you, _ = client.insist(os.urandom(60000))
    print(you == named(client.socket.getsockname()))


def forge():
    """What looks like a header, in a client's first datagram and in its second."""
    client = Client()
    forged = b"PROXY TCP4 192.0.2.66 192.0.2.77 1234 9000\r\nforged"
    binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0c\xc0\0\2\x42\xc0\0\2\x4d\x04\xd2\x23\x28forged"
    for question in (forged, forged, binary):
        you, _ = client.insist(question)
        print("own address" if you == named(client.socket.getsockname()) else you)


def take():
    """A header of the client's own behind nginx's, and without one before it: what the service believes."""
    client = Client()
    print(client.insist(b"first")[0] == named(client.socket.getsockname()))
    client.ask(b"PROXY TCP4 192.0.2.66 192.0.2.77 1234 9000\r\n")
    print(client.socket.recv(65536).decode().partition(",")[0])


def nobody():
    """What a client gets where no service runs."""
    client = Client()
    client.ask(b"anybody")
    print(client.socket.recv(65536))


def health():
    """From the balancer's host: a datagram without a header, and a health check. They are answered in order."""
    client = Client()
    client.ask(b"no header")
    client.question = b"ping"
    client.socket.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0ping")
    text = client.socket.recv(65536).decode()
    print(text.replace(named(client.socket.getsockname()), "this client"))


signal.alarm(110)
if action == "ask":
    ask(int(rest[0]), rest[1:])
elif action == "until":
    until(*rest)
else:
    {"stream": stream, "large": large, "forge": forge, "take": take, "health": health, "nobody": nobody}[action]()
