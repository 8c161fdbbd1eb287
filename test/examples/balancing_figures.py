"""The arithmetic of docs/load_balancing.md, computed: each table there is what this prints. Usage: balancing_figures.py
<source root> | --print

Hashes are BLAKE2, so that every run gives the same figures. Output is TAP."""

import bisect
import fractions
import functools
import hashlib
import itertools
import pathlib
import sys

SPACE = 2**64


def hashed(*parts):
    return int.from_bytes(hashlib.blake2b(b"%r" % (parts,), digest_size=8).digest(), "big")


def percent(share, digits=1):
    return f"{100 * float(share):.{digits}f} %"


# --- four ways to find a machine for a key, and what a machine that goes does to each ---------------------------------


def moved_by_modulo(n):
    """A key stays where h mod n = h mod (n - 1), counted over one period of both."""
    period = n * (n - 1)
    return 1 - fractions.Fraction(sum(h % n == h % (n - 1) for h in range(period)), period)


def moved_by_threshold(n):
    """RFC 2992: the space in n regions of one size; without machine i, in n - 1 larger ones. The mean over all i."""
    space = n * (n - 1)  # in units in which all borders are whole numbers
    kept = 0
    for gone in range(n):
        for j in range(n):
            if j != gone:
                new = j if j < gone else j - 1
                kept += max(0, min((j + 1) * (n - 1), (new + 1) * n) - max(j * (n - 1), new * n))
    return 1 - fractions.Fraction(kept, n * space)


@functools.lru_cache(maxsize=None)
def ring(machines, points):
    return sorted((hashed(m, point), m) for m in machines for point in range(points))


def shares_of_ring(machines, points):
    """What each machine owns of the space: from a point back to the one before it."""
    shares = dict.fromkeys(machines, 0)
    owned = ring(machines, points)
    for (before, _), (at, machine) in zip([owned[-1]] + owned[:-1], owned):
        shares[machine] += (at - before) % SPACE or SPACE
    return [share / SPACE for share in shares.values()]


def moved_by_ring(n, points, keys):
    gone = n - 1
    before = ring(range(n), points)
    after = [point for point in before if point[1] != gone]

    def owner(owned, key):
        return owned[bisect.bisect_left(owned, (key,)) % len(owned)][1]

    moved = needless = 0
    for key in keys:
        old, new = owner(before, key), owner(after, key)
        moved += old != new
        needless += old != new and old != gone
    assert needless == 0
    return moved / len(keys)


def check_rendezvous(n, keys):
    """A key's machine is the one with the highest hash of both: only keys of the machine that goes move."""
    for key in keys:
        scores = [(hashed(key, machine), machine) for machine in range(n)]
        old, new = max(scores)[1], max(scores[:-1])[1]
        assert old == new or old == n - 1


@functools.lru_cache(maxsize=None)
def maglev(machines, size):
    """The table of section 3.4 of the paper: machines take turns, each the next free entry of its own permutation."""
    offsets = {m: hashed("offset", m) % size for m in machines}
    skips = {m: hashed("skip", m) % (size - 1) + 1 for m in machines}
    table = [None] * size
    for filled, machine in zip(range(size), itertools.cycle(machines)):
        at = offsets[machine]
        while table[at] is not None:
            at = (at + skips[machine]) % size
        table[at] = machine
        offsets[machine] = at
    return table


def moved_by_maglev(n, size):
    """The mean over two that go."""
    machines = tuple(range(n))
    before = maglev(machines, size)
    gone_ones = machines[:: n // 2]
    moved = 0
    for gone in gone_ones:
        after = maglev(tuple(m for m in machines if m != gone), size)
        moved += sum(a != b for a, b in zip(before, after))
    return moved / size / len(gone_ones)


def shares_of_table(table, n):
    counts = [0] * n
    for machine in table:
        counts[machine] += 1
    return [count / len(table) for count in counts]


def busiest(shares):
    """Of the busiest machine, beyond its fair share."""
    return percent(max(shares) * len(shares) - 1, 0)


# --- the tables -------------------------------------------------------------------------------------------------------


def moves():
    yield "| machines | at least | hash mod n | hash-threshold | ring, 160 points | Maglev, 4093 | Maglev, 65537 |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    keys = [hashed("key", i) for i in range(20000)]
    for n in (2, 10):
        check_rendezvous(n, keys)
    for n in (2, 10, 1000):
        cells = [
            percent(fractions.Fraction(1, n)),
            percent(moved_by_modulo(n)),
            percent(moved_by_threshold(n)),
            percent(moved_by_ring(n, 160, keys)),
            percent(moved_by_maglev(n, 4093)),
            percent(moved_by_maglev(n, 65537)),
        ]
        yield f"| {n:,} | " + " | ".join(cells) + " |"


def imbalance():
    yield "| | 10 machines | 1,000 machines |"
    yield "| --- | ---: | ---: |"
    for points in (1, 10, 160, 1000):
        cells = [busiest(shares_of_ring(range(n), points)) for n in (10, 1000)]
        yield f"| ring, {points:,} point{'s' if points > 1 else ''} a machine | " + " | ".join(cells) + " |"
    for size in (4093, 65537):
        cells = [busiest(shares_of_table(maglev(tuple(range(n)), size), n)) for n in (10, 1000)]
        yield f"| Maglev, {size:,} entries | " + " | ".join(cells) + " |"


RATE = 100_000  # datagrams a second, over all machines
YEAR = 365 * 86400


def failures():
    yield "| | 1 machine | 10 | 1,000 |"
    yield "| --- | ---: | ---: | ---: |"
    fleets = (1, 10, 1000)
    for seconds in (1, 10):
        cells = " | ".join(f"{RATE * seconds // n:,}" for n in fleets)
        yield f"| lost per failure that takes {seconds} s to notice | {cells} |"
    yield "| more for each of the others then | no others | " + " | ".join(percent(fractions.Fraction(1, n - 1)) for n in fleets[1:]) + " |"
    yield "| failures a year, at 4 for each machine | " + " | ".join(f"{4 * n:,}" for n in fleets) + " |"
    yield "| lost in a year, at 10 s each | " + " | ".join(f"{4 * n * RATE * 10 // n:,}" for n in fleets) + " |"


def sizes():
    yield "| | entries | why |"
    yield "| --- | ---: | --- |"
    yield f"| ring of 1,000 machines, 160 points each | {160 * 1000:,} | one per point |"
    yield "| Maglev | 4,093 or 65,537 | whatever the machines; of 4 bytes each, 16 or 256 KiB |"
    yield f"| IPVS, 10,000 new flows a second | {10_000 * 300:,} | each for 300 s after its last datagram |"
    yield f"| conntrack, 10,000 new flows a second | {10_000 * 30:,} | each for 30 s, if nobody answers; {10_000 * 120:,} at 120 s, if it goes on |"
    yield f"| new flows a second that fill conntrack's largest default | {262144 // 30:,} | 262,144 entries ÷ 30 s |"
    yield f"| open questions of two nginx workers | {2 * 4096 // 2:,} | `worker_connections 4096` each, two per question |"
    yield f"| open questions to one service from one balancer address | {60999 - 32768 + 1:,} | a port each, of 32768–60999 (`ip_local_port_range`) |"
    yield f"| share lost in a year, 4 failures per machine, 10 s each | {4 * 10 / YEAR:.1e} | 4 × 10 s ÷ {YEAR:,} s, for any number of machines but one |"


tables = {"keys that move": moves, "the busiest machine": imbalance, "failures": failures, "sizes": sizes}

if sys.argv[1:] == ["--print"]:
    for name, table in tables.items():
        print(f"{name}\n\n" + "\n".join(table()) + "\n")
    sys.exit(0)

document = (pathlib.Path(sys.argv[1]) / "docs/load_balancing.md").read_text()
good = True
for number, (name, table) in enumerate(tables.items(), 1):
    wanted = "\n".join(table())
    found = wanted in document
    good = good and found
    print(f"{'ok' if found else 'not ok'} {number} - {name}: the page has what was computed")
    if not found:
        print("\n".join(f"# {line}" for line in wanted.splitlines()))
print(f"1..{len(tables)}")
sys.exit(0 if good else 1)
