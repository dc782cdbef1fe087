"""CPUs and memory this container may use: the cgroup's limits (v2 or v1), not the machine's."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60
PATIENT_THREADS = {"OMP_WAIT_POLICY": "passive"}
"""Default environment of a process that computes. OpenMP's threads otherwise spin while they wait for each other, which
on CPUs that others use, too, costs several times the work itself."""


def cpus(cgroup: Path = CGROUP) -> int:
    """Whole CPUs to plan for: the affinity mask, lowered by the cgroup's quota, at least 1."""
    available = len(os.sched_getaffinity(0))
    quota = _quota(cgroup)
    return max(1, min(available, int(quota))) if quota else available


def memory_bytes(cgroup: Path = CGROUP) -> int:
    """The memory limit in bytes: the cgroup's, or the machine's memory where none is set."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = _read(cgroup / "memory.max") or _read(cgroup / "memory" / "memory.limit_in_bytes")
    limit = int(text) if text.isdigit() else UNLIMITED
    return min(machine, limit)


def memory_used_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that the container uses now, or this process alone where no cgroup counts it."""
    text = _read(cgroup / "memory.current") or _read(cgroup / "memory" / "memory.usage_in_bytes")
    if text.isdigit():
        return int(text)
    resident = _read(Path("/proc/self/statm")).split()[1]
    return int(resident) * os.sysconf("SC_PAGE_SIZE")


def memory_held_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that cannot be taken back from the container's processes: theirs and what lies in a tmpfs, no cache."""
    text = _read(cgroup / "memory.stat") or _read(cgroup / "memory" / "memory.stat")
    counts = dict(line.split()[:2] for line in text.splitlines())
    names = ("total_rss", "total_shmem") if "total_rss" in counts else ("anon", "shmem")
    return sum(int(counts.get(name, 0)) for name in names)


def _quota(cgroup: Path) -> float | None:
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(cgroup / "cpu" / "cpu.cfs_quota_us"), _read(cgroup / "cpu" / "cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
