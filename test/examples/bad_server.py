"""A server that echoes, but not at once. Usage: bad_server.py drop-first|others-first

It says "listening on 127.0.0.1:<port>", then
  drop-first    ignores the first request, answers every later one
  others-first  sends answers to requests that nobody made, then the right one
"""

import socket
import sys

kind = sys.argv[1]
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)

requests = 0
while True:
    request, client = server.recvfrom(65536)
    requests += 1
    if kind == "drop-first" and requests == 1:
        continue
    if kind == "others-first":
        for other in (b"", b"x", b"0123456789abcdef not your answer", request[:16], request[1:]):
            server.sendto(other, client)
    server.sendto(request, client)
