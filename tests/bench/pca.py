"""Principal components beside the field's solvers, each in fresh processes on rows at hand, taken in turns.

    make bench/pca                                                   1,000,000 x 30 and 200,000 x 1,000, medians of 3
    make bench/pca OPTIONS="--shapes 100000x30 20000x1000"           smaller

`ours` goes through the same blocks as a job; reading files is not in it (see bench/csv). `X'X` is one product of the
matrix with itself in float32, the floor for any exact way. Time is without imports and the making of the data, memory
the process's peak beyond the matrix. `missed` is the share of the explained variance that the best components would
explain and these do not; `s` the largest relative error of a singular value. Both by float64.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Of an environment that asks for another CPU's kernels: every way is measured with this CPU's own."""
PROLOGUE = """
import json, os, sys, time
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from threadpoolctl import threadpool_info
path, count = sys.argv[1], int(sys.argv[2])
rows = np.load(path)

def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024

def measure(find):
    before = held("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    values, vectors = find()
    seconds = time.perf_counter() - began
    kernels = sorted({f"{i['internal_api']} {i['architecture']} x{i['num_threads']}"
                      for i in threadpool_info() if i["user_api"] == "blas"})
    np.save(path.replace("rows", "found"), np.vstack([values, vectors]))
    print(json.dumps({"seconds": seconds, "megabytes": held("VmHWM") - before, "kernels": kernels}))
"""
OURS = """
from contract.dataset import Dataset
from training_scripts.pca import modes, reading
from training_scripts.pca.hyperparameters import Hyperparameters

def blocks():
    step = max(1, (1 << 22) // rows.itemsize // rows.shape[1])
    for start in range(0, len(rows), step):
        yield Dataset(rows[start : start + step])

channel = SimpleNamespace(blocks=blocks, piped=False, content_type="text/csv", name="train")
reader = reading.Reader(channel, rows.shape[1], SimpleNamespace(stopping=False, cpus=len(os.sched_getaffinity(0))))
asked = Hyperparameters(feature_dim=rows.shape[1], num_components=count, mini_batch_size=1000, algorithm_mode="%s")

def find():
    found = modes.find(reader, asked)
    return found.values, found.vectors
measure(find)
"""
BARE = """
def find():
    rows.T @ rows
    return np.zeros(count), np.zeros((rows.shape[1], count))
measure(find)
"""
THEIRS = """
from sklearn.decomposition import PCA, IncrementalPCA

def find():
    found = %s.fit(rows)
    return found.singular_values_[::-1], found.components_[::-1].T
measure(find)
"""
WAYS = {
    "X'X": BARE,
    "ours, regular": OURS % "regular",
    "ours, randomized": OURS % "randomized",
    "sklearn covariance_eigh": THEIRS % "PCA(count, svd_solver='covariance_eigh')",
    "sklearn randomized": THEIRS % "PCA(count, svd_solver='randomized', random_state=0)",
    "sklearn full": THEIRS % "PCA(count, svd_solver='full')",
    "sklearn IncrementalPCA": THEIRS % "IncrementalPCA(count, batch_size=max(1000, 5 * count))",
}
SLOW = ("sklearn full", "sklearn IncrementalPCA")
"""Run once: they take ten times as long."""


@dataclass(frozen=True)
class Run:
    """One fresh run of a way."""

    seconds: float
    megabytes: float
    kernels: tuple[str, ...]
    missed: float
    error: float


def main() -> int:
    """Measure, and print a table for each shape."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", nargs="+", default=["1000000x30", "200000x1000"], help="ROWSxCOLUMNS")
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    asked = parser.parse_args()
    for shape in asked.shapes:
        rows, columns = map(int, shape.split("x"))
        with tempfile.TemporaryDirectory(prefix="bench-pca-") as folder:
            path = Path(folder) / "rows.npy"
            best = write(path, rows, columns, asked.components)
            runs: dict[str, list[Run]] = {name: [] for name in asked.ways}
            for turn in range(asked.repeats):
                for name in asked.ways:
                    if turn == 0 or name not in SLOW:
                        runs[name].append(measure(WAYS[name], path, asked.components, best))
        kernels = sorted({kernel for taken in runs.values() for run in taken for kernel in run.kernels})
        print(f"{rows:,} x {columns:,}, {asked.components} components; {', '.join(kernels)}")
        table(runs)
    return 0


@dataclass(frozen=True)
class Best:
    """The data's scatter and its strongest components, by float64."""

    scatter: np.ndarray
    values: np.ndarray


def write(path: Path, rows: int, columns: int, count: int) -> Best:
    """Rows of a few factors, of sizes that fall, and noise; columns far from zero. Block by block in float64."""
    random = np.random.default_rng(0)
    factors = min(columns, 2 * count)
    loads = random.normal(size=(factors, columns)) / np.arange(1, factors + 1)[:, None]
    matrix = np.lib.format.open_memmap(path, "w+", np.float32, (rows, columns))
    scatter, total = np.zeros((columns, columns)), np.zeros(columns)
    for start in range(0, rows, 20_000):
        size = min(20_000, rows - start)
        block = random.normal(size=(size, factors)) @ loads + 0.5 * random.normal(size=(size, columns)) + 10
        matrix[start : start + size] = block
        shifted = matrix[start : start + size].astype(np.float64) - 10
        scatter += shifted.T @ shifted
        total += shifted.sum(axis=0)
    scatter -= np.outer(total, total) / rows
    return Best(scatter, np.sqrt(np.linalg.eigvalsh(scatter)[-count:]))


def measure(code: str, path: Path, count: int, best: Best) -> Run:
    """One fresh run, and how good what it found is."""
    environment = {name: value for name, value in os.environ.items() if name not in SLOWED} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROLOGUE + code, str(path), str(count)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if ended.returncode:
        sys.exit(ended.stderr)
    told = json.loads(ended.stdout)
    found = np.load(path.with_name("found.npy")).astype(np.float64)
    values, vectors = found[0], found[1:]
    explained = float(np.einsum("ij,ij->", vectors, best.scatter @ vectors))
    missed = 1 - explained / float((best.values**2).sum())
    error = float(np.abs(values / best.values - 1).max())
    return Run(told["seconds"], told["megabytes"], tuple(told["kernels"]), missed, error)


def table(runs: Mapping[str, list[Run]]) -> None:
    """Print every way with its ratio to the bare product."""
    seconds = {name: statistics.median(run.seconds for run in taken) for name, taken in runs.items()}
    floor = seconds.get("X'X", min(seconds.values()))
    print(f"{'':26}{'seconds':>9}{'ratio':>8}{'MB':>8}{'missed':>10}{'s':>10}")
    for name, taken in runs.items():
        megabytes = statistics.median(run.megabytes for run in taken)
        last = taken[-1]
        good = "" if name == "X'X" else f"{last.missed:10.1e}{last.error:10.1e}"
        print(f"{name:26}{seconds[name]:9.3f}{seconds[name] / floor:8.2f}{megabytes:8.0f}{good}")


if __name__ == "__main__":
    sys.exit(main())
