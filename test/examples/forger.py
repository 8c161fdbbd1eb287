"""Datagrams that no honest socket sends, to <address> <port> of this host: forger.py <address> <port> <count>

Then asks as an honest client does, and prints what it is answered."""

import socket
import struct
import sys


def packet(source, source_port, to, payload):
    """IPv4 and UDP headers (RFC 791, RFC 768), without a UDP checksum; the kernel fills in that of IPv4."""
    udp = struct.pack("!HHHH", source_port, to[1], 8 + len(payload), 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(to[0]))
    return ip + udp + payload


def main():
    to = (sys.argv[1], int(sys.argv[2]))
    count = int(sys.argv[3])
    forger = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    forger.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    honest = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    honest.settimeout(20)
    honest.connect(to)

    def ask(text):
        honest.send(text)
        return honest.recv(65536) == text

    kinds = {
        "port 0": packet("127.0.0.1", 0, to, b"x"),
        "a broadcast source": packet("127.255.255.255", 9, to, b"x"),
        "the broadcast source": packet("255.255.255.255", 9, to, b"x"),
        "a multicast source": packet("239.1.2.3", 9, to, b"x"),
        "a source without a route": packet("203.0.113.9", 9, to, b"x"),
        "a closed port": packet("127.0.0.1", 1, to, b"x"),
        "nothing in it": packet("127.0.0.1", 0, to, b""),
    }
    for name, forged in kinds.items():
        answered = True
        for i in range(count):
            forger.sendto(forged, (to[0], 0))
            if i % 100 == 99:  # no more than its receive buffer takes
                answered = answered and ask(b"still there?")
        print(f"{name}: {'answered' if answered else 'another answer'}")
    # From a port that is closed by then; a raw socket takes no more than the MTU.
    for payload in (bytes(65507), b""):
        answered = True
        for i in range(count):
            if i % 100 == 0:
                gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            gone.sendto(payload, to)
            if i % 100 == 99:
                gone.close()
            if i % 2 == 1 or not payload:
                answered = answered and ask(b"still there?")
        print(f"{len(payload)} bytes: {'answered' if answered else 'another answer'}")


main()
