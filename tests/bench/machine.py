"""What this machine is, and what a process uses of it. Linux only: it reads `/proc`."""

import os
import platform
import resource
import sqlite3
from importlib.metadata import version
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_LIBRARIES = ("uvicorn", "uvloop", "httptools", "aiohttp", "msgspec")


def server_cores() -> set[int]:
    """The core that what is measured runs on."""
    return {min(os.sched_getaffinity(0))}


def load_cores() -> set[int]:
    """The cores of load generators and stubs: all others, or the only one there is."""
    return os.sched_getaffinity(0) - server_cores() or server_cores()


def cpu_s(pid: int) -> float:
    """Seconds of processor time that the process has used, all threads, user and system."""
    # The name, in brackets, may hold blanks; what follows it does not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def loop_cpu_s(pid: int) -> float:
    """Seconds of processor time that the process's first thread has used: its event loop."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def rss_kb(pid: int) -> float:
    """Resident memory, in KB of 1024 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    raise ProcessLookupError(pid)


def handle_count(pid: int) -> int:
    """Open file handles."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def raise_handle_limit(needed: int) -> int:
    """Allow this process and its children as many open files as may be had; returns the limit.

    Raises OSError when that is fewer than `needed`.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise OSError(f"{needed} open files are needed, the system allows {hard}")
    return hard


def describe() -> dict[str, str]:
    """What a figure has to be read with."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return {
        "processor": _processor(),
        "cores": f"{len(os.sched_getaffinity(0))}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": libraries,
        "load average at the start": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
