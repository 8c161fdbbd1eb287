"""UDP clients that a test needs and no tool offers. Usage: udp_client.py largest|loop|send|broadcast|sessions
<address> <port> [...]"""

import os
import socket
import sys


def client(bind_to=None):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    if bind_to:
        s.bind(bind_to)
    return s


def largest(server):
    """The largest datagram that IPv4 can carry goes there and back."""
    payload = os.urandom(65507)
    s = client()
    s.sendto(payload, server)
    answer, _ = s.recvfrom(65536)
    print(f"{len(answer)} bytes, {'the same' if answer == payload else 'others'}")


def loop(server):
    """A datagram from the server's own port, or from one below 1024, gets no answer. The server answers in order, so
    once an honest client has its answer, the forger would have had theirs."""
    forgers = [client(("127.0.0.2", server[1]))]
    try:
        forgers.append(client(("127.0.0.2", 19)))
    except OSError:
        pass  # not root, or the port is taken
    for s in forgers:
        s.sendto(b"loop", server)
    honest = client()
    honest.sendto(b"honest", server)
    assert honest.recvfrom(100)[0] == b"honest"
    for s in forgers:
        s.setblocking(False)
        try:
            print("the forger was sent", s.recvfrom(100)[0])
            return
        except BlockingIOError:
            pass
    print("no answer to the forger")


def send(server, count, size):
    """Sends `count` datagrams from one port, and says which."""
    s = client()
    s.connect(server)
    print(f"127.0.0.1:{s.getsockname()[1]}")
    for _ in range(int(count)):
        s.send(bytes(int(size)))


def broadcast(server):
    """Says who answers what was sent to all."""
    s = client()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"anybody", server)
    print(f"answered by {s.recvfrom(100)[1][0]}")


def sessions(server, count, each):
    """Each datagram of a session comes from a port of its own; the answers say how many came before."""
    good = 0
    for session in range(int(count)):
        answers = []
        for _ in range(int(each)):
            with client() as s:
                s.sendto(session.to_bytes(4, "big"), server)
                answers.append(int(s.recvfrom(100)[0]))
        good += answers == list(range(1, int(each) + 1))
    print(f"{good} sessions, {'all' if good == int(count) else 'not all'} right")


action, address, port, *rest = sys.argv[1:]
{"largest": largest, "loop": loop, "send": send, "broadcast": broadcast, "sessions": sessions}[action]((address, int(port)), *rest)
