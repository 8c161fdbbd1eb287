"""What a measurement depends on, beside the code: written next to the samples."""

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path


def said_by(*words):
    """The first line that a command says, or nothing."""
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    return result.stdout.splitlines()[0] if result.returncode == 0 and result.stdout else None


def read(path):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def cpu():
    found = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo") or "", re.M)
    return found[1] if found else platform.processor() or platform.machine()


def asio_version(build):
    """102201 → "1.22.1", from what the build has written."""
    found = re.search(r"ASIO_VERSION (\d+)", read(build / "include/dgram/detail/built_with.hpp") or "")
    if not found:
        return None
    number = int(found[1])
    return f"{number // 100000}.{number // 100 % 1000}.{number % 100}"


def busy():
    """What else the machine does, when that is too much to measure beside; else nothing."""
    load = os.getloadavg()[0]
    return f"load {load:.1f}" if load >= 0.5 else None


def describe(root, build, node, command):
    compiler = os.environ.get("CXX", "c++")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": command,
        "dgram": said_by("git", "-C", str(root), "describe", "--always", "--dirty"),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "load_at_start": os.getloadavg()[0],
        "compiler": said_by(compiler, "--version"),
        "build": (read(build / "configured") or "").split(" | ")[0],
        "asio": asio_version(build),
        "libuv": said_by("pkg-config", "--modversion", "libuv"),
        "node": said_by(node, "--version") if node else None,
        "rmem_max": read("/proc/sys/net/core/rmem_max"),
        "wmem_max": read("/proc/sys/net/core/wmem_max"),
        "rmem_default": read("/proc/sys/net/core/rmem_default"),
    }
