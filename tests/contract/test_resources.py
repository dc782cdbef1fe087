from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract import resources

AVAILABLE = len(os.sched_getaffinity(0))


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    "files",
    [
        {"cpu.max": "100000 100000\n"},
        {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"},
        {"cpu.max": "50000 100000\n"},
    ],
    ids=["v2", "v1", "half a cpu"],
)
def test_quota_lowers_the_cpus_to_at_least_one(tmp_path: Path, files: dict[str, str]) -> None:
    assert resources.cpus(write(tmp_path, files)) == 1


@pytest.mark.parametrize(
    "files",
    [{}, {"cpu.max": "max 100000\n"}, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}],
    ids=["no cgroup", "v2 unlimited", "v1 unlimited"],
)
def test_without_a_quota_the_affinity_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert resources.cpus(write(tmp_path, files)) == AVAILABLE


@pytest.mark.parametrize(
    "files", [{"memory.max": "536870912\n"}, {"memory/memory.limit_in_bytes": "536870912\n"}], ids=["v2", "v1"]
)
def test_memory_is_the_cgroups_limit(tmp_path: Path, files: dict[str, str]) -> None:
    assert resources.memory_bytes(write(tmp_path, files)) == 512 * 1024**2


def test_memory_without_a_limit_is_the_machines(tmp_path: Path) -> None:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert resources.memory_bytes(write(tmp_path, {"memory.max": "max\n"})) == machine


@pytest.mark.parametrize(
    "files",
    [
        {"memory.stat": "anon 100\nfile 5000\nshmem 20\ninactive_file 4000\n"},
        {"memory/memory.stat": "cache 5000\nrss 1\nshmem 2\ntotal_cache 5000\ntotal_rss 100\ntotal_shmem 20\n"},
    ],
    ids=["v2", "v1"],
)
def test_memory_held_is_that_of_processes_and_of_a_tmpfs_without_the_cache(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert resources.memory_held_bytes(write(tmp_path, files)) == 120


def test_memory_held_where_nothing_counts_it_is_none(tmp_path: Path) -> None:
    assert resources.memory_held_bytes(tmp_path) == 0
