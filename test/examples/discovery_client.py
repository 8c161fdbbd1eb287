"""Asks as `discovery find` does, and counts the answers. Usage: discovery_client.py <from> <to> same|other|short...

same, other: a question with one number or another. short: one that is shorter than its answer may be.
"""

import socket
import sys

here, to, *questions = sys.argv[1:]
numbers = {"same": "0123456789abcdef", "other": "fedcba9876543210", "short": "0123456789abcdef"}

s = socket.socket(type=socket.SOCK_DGRAM)
s.bind((here, 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(here))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
for question in questions:
    text = "discovery? " + numbers[question]
    s.sendto(text.encode().ljust(0 if question == "short" else 91), (to, 7877))
# A last one that is answered: what was sent before has had its answers by then.
s.sendto(b"discovery? last-of-them-all".ljust(91), ("239.255.78.77", 7877))

s.settimeout(20)
count = 0
while not s.recv(1000).startswith(b"last-of-them-all"):
    count += 1
print(f"{count} answers")
