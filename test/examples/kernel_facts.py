"""What docs/guide.md says of the kernel, tried. Output is TAP.

Usage: kernel_facts.py echo <address>    answers everything
       kernel_facts.py facts             on a host with "eth0" (10.0.0.1/24, a route to groups) and "eth1" (10.0.1.1/24), with
                                         a router 10.0.0.254, behind it 10.0.2.1 (echo) on a link with an MTU of 1300, and
                                         10.9.0.0/16, which the router says is unreachable
"""

import errno
import os
import select
import socket
import struct
import subprocess
import sys

IP_MTU_DISCOVER, IP_RECVERR, IP_ADD_SOURCE, IP_MULTICAST_ALL = 10, 11, 39, 49
SOL_IP, SOL_SOCKET = socket.IPPROTO_IP, socket.SOL_SOCKET
GROUP, OTHER_GROUP, PORT = "239.255.0.1", "239.255.0.2", 9000
number, good = 0, True


def fact(name, wanted, got):
    global number, good
    number += 1
    good = good and wanted == got
    if wanted != got:
        print(f"# wanted: {wanted}\n# got:    {got}")
    print(f"{'ok' if wanted == got else 'not ok'} {number} - {name}", flush=True)


def udp(address="", port=0, *options):
    s = socket.socket(type=socket.SOCK_DGRAM)
    for option in options:
        s.setsockopt(SOL_SOCKET, option, 1)
    s.bind((address, port))
    s.setblocking(False)
    return s


def outcome(call):
    """What became of it: "ok" or the name of the error."""
    try:
        call()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def heard(s):
    """All that is there. What this host sends to itself is there when send returns."""
    texts = []
    while True:
        try:
            texts.append(s.recv(100).decode())
        except BlockingIOError:
            return texts


def counts(sockets):
    return [len(heard(s)) for s in sockets]


def mreqn(group, index):
    return socket.inet_aton(group) + bytes(4) + struct.pack("i", index)


def join(s, group, interface):
    s.setsockopt(SOL_IP, socket.IP_ADD_MEMBERSHIP, mreqn(group, socket.if_nametoindex(interface)))


def leave(s, group, index):
    s.setsockopt(SOL_IP, socket.IP_DROP_MEMBERSHIP, mreqn(group, index))


def sender(interface):
    s = udp()
    s.setsockopt(SOL_IP, socket.IP_MULTICAST_IF, mreqn("0.0.0.0", socket.if_nametoindex(interface)))
    return s


def from_peers(many):
    for _ in range(many):
        with udp() as s:
            s.sendto(b"u", ("10.0.0.1", PORT))


def close(sockets):
    for s in sockets:
        s.close()


def as_another_user(call):
    """Its outcome; None where this user cannot become another one."""
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            os.setuid(65534)
            os.write(write, outcome(call).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.wait()
    return os.read(read, 100).decode() or None


def until_error(call, most=100):
    for n in range(most):
        code = outcome(lambda: call(n))
        if code != "ok":
            return n, code
    return most, "ok"


def sharing():
    address, port = socket.SO_REUSEADDR, socket.SO_REUSEPORT
    tx = sender("eth0")

    three = [udp("", PORT, address) for _ in range(3)]
    from_peers(20)
    fact("reuse_address: unicast goes to the last that was bound", [0, 0, 20], counts(three))
    three.pop().close()
    from_peers(20)
    fact("when it closes, to the one before", [0, 20], counts(three))
    for s in three:
        join(s, GROUP, "eth0")
    tx.sendto(b"m", (GROUP, PORT))
    fact("multicast to every one", [1, 1], counts(three))
    code = as_another_user(lambda: udp("", PORT, address))
    if code:
        fact("another user is let in", "ok", code)
    close(three)

    three = [udp("", PORT, port) for _ in range(3)]
    from_peers(200)
    fact("reuse_port: unicast of many peers is spread", True, min(counts(three)) > 20)
    for _ in range(20):
        tx.sendto(b"u", ("10.0.0.1", PORT))
    fact("a peer stays with its socket", [0, 0, 20], sorted(counts(three)))
    for s in three:
        join(s, GROUP, "eth0")
    tx.sendto(b"m", (GROUP, PORT))
    fact("multicast goes to every one", [1, 1, 1], counts(three))
    code = as_another_user(lambda: udp("", PORT, port))
    if code:
        fact("another user is kept out", "EADDRINUSE", code)
    fact("reuse_address alone is kept out", "EADDRINUSE", outcome(lambda: udp("", PORT, address)))
    close(three)

    both = [udp("", PORT, address, port) for _ in range(2)] + [udp("", PORT, address)]
    from_peers(20)
    fact("both: reuse_address alone is let in and takes all", [0, 0, 20], counts(both))
    close(both)


def groups():
    tx, tx1 = sender("eth0"), sender("eth1")
    joined, all_on, all_off = (udp("", PORT, socket.SO_REUSEADDR) for _ in range(3))
    join(joined, GROUP, "eth0")
    all_off.setsockopt(SOL_IP, IP_MULTICAST_ALL, 0)
    tx.sendto(b"m", (GROUP, PORT))
    fact("by default a socket hears what others joined; not with IP_MULTICAST_ALL off", [1, 1, 0],
         counts([joined, all_on, all_off]))
    all_on.close()
    joined.setsockopt(SOL_IP, IP_MULTICAST_ALL, 0)
    tx1.sendto(b"m", (GROUP, PORT))
    fact("a membership is of one interface", [], heard(joined))

    bound = udp(GROUP, PORT, socket.SO_REUSEADDR)
    for group in (GROUP, OTHER_GROUP):
        join(bound, group, "eth0")
    tx.sendto(b"group", (GROUP, PORT))
    tx.sendto(b"other group", (OTHER_GROUP, PORT))
    tx.sendto(b"host", ("10.0.0.1", PORT))
    fact("bound to the group, it hears this group only", ["group"], heard(bound))
    receiver = udp("10.0.0.1")
    bound.sendto(b"x", receiver.getsockname())
    fact("and sends from the host's address", ("10.0.0.1", PORT), receiver.recvfrom(10)[1])
    bound.close()

    heard(joined), heard(all_off)
    tx.setsockopt(SOL_IP, socket.IP_MULTICAST_LOOP, 0)
    tx.sendto(b"m", (GROUP, PORT))
    fact("loopback off at the sender: nobody here gets it", [], heard(joined))
    tx.setsockopt(SOL_IP, socket.IP_MULTICAST_LOOP, 1)
    joined.setsockopt(SOL_IP, socket.IP_MULTICAST_LOOP, 0)
    tx.sendto(b"m", (GROUP, PORT))
    fact("off at the receiver: nothing changes", ["m"], heard(joined))

    subprocess.run("ip link set eth0 down; ip link set eth0 up", shell=True, check=True)
    tx.sendto(b"m", (GROUP, PORT))
    fact("a membership outlives down and up", ["m"], heard(joined))
    close([joined, all_off])


def limits():
    names = ["eth0", "eth1"]
    s = udp()
    fact("20 groups", (20, "ENOBUFS"), until_error(lambda n: join(s, f"239.1.0.{n}", "eth0")))
    s = udp()
    fact("each interface counted by itself", (20, "ENOBUFS"),
         until_error(lambda n: join(s, f"239.1.0.{n // 2}", names[n % 2])))
    s = udp()

    def add_source(n):
        request = [GROUP, "10.0.0.1", f"10.0.0.{n + 2}"]
        s.setsockopt(SOL_IP, IP_ADD_SOURCE, b"".join(map(socket.inet_aton, request)))

    fact("10 sources per group", (10, "ENOBUFS"), until_error(add_source))
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex("eth0")
    v6 = lambda n: socket.inet_pton(socket.AF_INET6, f"ff02::1:{n:x}") + struct.pack("i", index)
    fact("IPv6: no such limit on groups", (100, "ok"),
         until_error(lambda n: s.setsockopt(41, socket.IPV6_JOIN_GROUP, v6(n))))
    s = udp()
    fact("no interface and no route", "ENODEV",
         outcome(lambda: s.setsockopt(SOL_IP, socket.IP_ADD_MEMBERSHIP, mreqn("224.1.2.3", 0))))

    s = udp("", PORT)

    def make_again(n):
        subprocess.run("ip link add v0 type veth peer name v1 && ip addr add 10.5.0.1/24 dev v0 && ip link set v1 up &&"
                       "ip link set v0 up", shell=True, check=True)
        indices.append(socket.if_nametoindex("v0"))
        try:
            join(s, GROUP, "v0")
        finally:
            subprocess.run(["ip", "link", "delete", "v0"], check=True)

    indices = []
    fact("an interface that was made anew takes a new membership, and the old one still counts", (20, "ENOBUFS"),
         until_error(make_again, 25))
    fact("it can be left by the old index", "ok", outcome(lambda: leave(s, GROUP, indices[0])))


def buffers():
    s = udp()
    got = []
    for size in (1, 100_000):
        s.setsockopt(SOL_SOCKET, socket.SO_RCVBUF, size)
        got.append(s.getsockopt(SOL_SOCKET, socket.SO_RCVBUF))
    fact("a buffer is doubled, and has a least size", [2304, 200_000], got)


def three_large(mode):
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.setsockopt(SOL_IP, IP_MTU_DISCOVER, mode)
        s.settimeout(0.5)
        result = []
        for _ in range(3):
            try:
                s.sendto(bytes(1400), ("10.0.2.1", PORT))
                s.recv(2000)
                result.append("through")
            except TimeoutError:
                result.append("lost")
            except OSError as error:
                result.append(errno.errorcode[error.errno])
        return result


def paths():
    dont, want, enforce, probe, omit = 0, 1, 2, 3, 5
    forget = lambda: subprocess.run(["ip", "route", "flush", "cache"], check=True)
    through, refused = ["through"] * 3, ["EMSGSIZE"] * 3
    fact("omit: fragmented by the router", through, three_large(omit))
    fact("dont: as well", through, three_large(dont))
    fact("want: the first is lost, the others fragmented", ["lost", "through", "through"], three_large(want))
    fact("want, path known", through, three_large(want))
    fact("enforce, path known", refused, three_large(enforce))
    fact("probe: lost, whatever is known", ["lost"] * 3, three_large(probe))
    fact("dont, path known", through, three_large(dont))
    fact("omit, path known", through, three_large(omit))
    forget()
    fact("enforce: the first is lost, the others refused", ["lost", "EMSGSIZE", "EMSGSIZE"], three_large(enforce))


def icmp():
    def told(address, port, *options):
        s = socket.socket(type=socket.SOCK_DGRAM)
        for option in options:
            s.setsockopt(SOL_IP, option, 1)
        s.connect((address, port))
        s.settimeout(0.5)
        s.send(b"x")
        try:
            s.recv(10)
        except TimeoutError:
            return "nothing"
        except OSError as error:
            return errno.errorcode[error.errno]

    fact("a connected socket is told that nobody listens", "ECONNREFUSED", told("10.0.2.1", 9))
    fact("but not that a host is unreachable", "nothing", told("10.9.0.1", 9))
    fact("unless it asks for error reports", "EHOSTUNREACH", told("10.9.0.1", 9, IP_RECVERR))
    s = udp()
    s.setsockopt(SOL_IP, IP_RECVERR, 1)
    s.sendto(b"x", ("10.0.2.1", 9))
    poll = select.poll()
    poll.register(s, 0)
    poll.poll(20_000)
    fact("with reports, the next send of an unconnected socket fails, to whomever it goes", "ECONNREFUSED",
         outcome(lambda: s.sendto(b"x", ("10.0.0.1", 9))))


def echo(address):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind((address, PORT))
    print(f"listening on {address}:{PORT}", flush=True)
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data, peer)


if sys.argv[1] == "echo":
    echo(sys.argv[2])
for chapter in (paths, icmp, sharing, limits, buffers, groups):  # the last takes a link down, and its routes
    chapter()
print(f"1..{number}")
sys.exit(0 if good else 1)
