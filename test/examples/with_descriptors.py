"""Starts a program as systemd does: with open descriptors from 3 on, and LISTEN_FDS and LISTEN_PID to tell.

See sd_listen_fds(3). Usage: with_descriptors.py [--other-pid] [--names=a:b] udp|tcp|file... -- <program> [arguments...]
"""

import fcntl
import os
import socket
import sys
import tempfile


def make(kind):
    if kind == "file":
        return tempfile.TemporaryFile()
    s = socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    s.bind(("127.0.0.1", 0))
    print("passing 127.0.0.1:%d" % s.getsockname()[1], flush=True)
    return s


arguments = sys.argv[1:]
other_pid = arguments[0] == "--other-pid"
if other_pid:
    del arguments[0]
names = None
if arguments[0].startswith("--names="):
    names = arguments.pop(0).partition("=")[2]
end = arguments.index("--")
kinds, command = arguments[:end], arguments[end + 1 :]

# Out of the way first: what Python has at 3 may be one of them.
kept = [make(kind) for kind in kinds]
away = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for each in kept]
for descriptor, source in enumerate(away, start=3):
    os.dup2(source, descriptor, inheritable=True)
os.environ["LISTEN_FDS"] = str(len(kinds))
os.environ["LISTEN_PID"] = str(os.getppid() if other_pid else os.getpid())
if names is not None:
    os.environ["LISTEN_FDNAMES"] = names
os.execvp(command[0], command)
