"""A DNS server that misbehaves. Usage: bad_dns.py forged|circle|lose-first|silent

It says "listening on 127.0.0.1:<port>" and then answers every A query with 192.0.2.1, but first:
  forged      sends what is not the answer, or no DNS message at all
  circle      answers with aliases that lead to each other, and nothing else
  lose-first  ignores the first query
  silent      ignores all of them
"""

import socket
import struct
import sys

FORGED = bytes([203, 0, 113, 66])
TRUE = bytes([192, 0, 2, 1])
TO_QUESTION = b"\xc0\x0c"  # a compression pointer to the question's name


def record(name, kind, data):
    return name + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def response(query, *records, id_change=0, flags=0x8180, questions=1, count=None):
    (query_id,) = struct.unpack("!H", query[:2])
    count = len(records) if count is None else count
    header = struct.pack("!HHHHHH", query_id ^ id_change, flags, questions, count, 0, 0)
    return header + query[12:] + b"".join(records)


def forgeries(query):
    lie = record(TO_QUESTION, 1, FORGED)
    yield b""
    yield b"\0"
    yield query  # not a response
    yield response(query, lie, id_change=1)
    yield response(query, lie, flags=0x0180)  # without the response flag
    yield response(query, lie, flags=0xA980)  # another opcode
    yield response(query, lie, questions=0)
    other = query[:12] + query[12:].replace(b"\x07service", b"\x07forgery")
    yield response(other, lie)  # another question
    yield response(query[:-4] + b"\0\x1c\0\1", lie)  # another type
    whole = response(query, lie)
    for end in range(12, len(whole)):  # cut anywhere
        yield whole[:end]
    yield response(query, lie, count=0xFFFF)
    here = struct.pack("!H", 0xC000 | len(query))
    yield response(query, record(here, 1, FORGED))  # a pointer to itself
    yield response(query, record(b"\xff\xff", 1, FORGED))  # a pointer beyond the end
    yield response(query, record(b"\x40", 1, FORGED))  # a length that means nothing
    yield response(query, record(TO_QUESTION, 1, FORGED[:3]))
    yield response(query, record(TO_QUESTION, 5, TO_QUESTION + b"\0"))


def label(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def main():
    kind = sys.argv[1]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
    queries = 0
    while True:
        query, client = server.recvfrom(1024)
        queries += 1
        if kind == "silent" or (kind == "lose-first" and queries == 1):
            continue
        if kind == "forged":
            for forgery in forgeries(query):
                server.sendto(forgery, client)
        if kind == "circle":
            there, back = label("there.demo.test"), label("back.demo.test")
            records = [record(TO_QUESTION, 5, there), record(there, 5, back), record(back, 5, there)]
        else:
            records = [record(label("Service.demo.test"), 1, TRUE)]
        server.sendto(response(query, *records), client)


main()
