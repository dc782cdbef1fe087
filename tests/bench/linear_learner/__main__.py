"""Linear Learner's `optimizer` auto beside scikit-learn and torch: seconds to a gap of the optimum.

    make bench/linear_learner                                                1,000,000 x 30 and 200,000 x 1,000
    make bench/linear_learner OPTIONS="--rows 200000 --columns 30 --task binary --repeats 5"

Each way runs in a fresh process, all in turns; a library that cannot be watched is run for a ladder of max_iter, and in
later turns for the rungs alone that just reach a gap. The gap is (objective - least) / least, in float64; the least is
found by Newton's method in float64. Then an epoch of `adam`, of one model and of 32, beside a bare loop in numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.linear_learner import data
from tests.bench.serving import peers

ROOT = Path(__file__).parents[3]
FITS = ROOT / "tests" / "bench" / "peers" / "linear_fits.py"
MINIBATCHES = ROOT / "tests" / "bench" / "peers" / "linear_minibatches.py"
TORCH = peers.Peer("torch", "torch", (), requirements="torch")
GAPS = (1e-3, 1e-5)
SHAPES = ((1_000_000, 30), (200_000, 1_000))
WAYS = {
    "binary": ("ours", "lbfgs", "newton-cholesky", "sgd", "torch"),
    "regression": ("ours", "cholesky", "lsqr", "sparse_cg", "least_squares", "sgd", "torch"),
}
LADDER = {"newton-cholesky": (1, 2, 3, 4, 5, 6, 8), "sgd": (1, 4, 16), "torch": (60,)}
ITERATIONS = (1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113)
MISLEADING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make a current numpy choose slower kernels: no way shall have them."""


@dataclass(frozen=True)
class Trace:
    """Seconds and gaps of the fits of one run."""

    seconds: tuple[float, ...]
    gaps: tuple[float, ...]

    def until(self, gap: float) -> float:
        """Seconds to the gap; infinity where it was not reached."""
        return min((s for s, seen in zip(self.seconds, self.gaps, strict=True) if seen <= gap), default=np.inf)


def main() -> int:
    """Measure, and print a table for each shape and task."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--task", choices=("binary", "regression", "adam"), action="append")
    parser.add_argument("--ways", default="", help="some of the ways, with commas")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    shapes = ((asked.rows, asked.columns),) if asked.rows else SHAPES
    for rows, columns in shapes:
        for task in asked.task or ("binary", "regression", "adam"):
            with tempfile.TemporaryDirectory(prefix="bench-linear-") as name:
                folder = Path(name)
                data.write(folder, rows, columns, "binary" if task == "adam" else task)
                print(f"\n{rows:,} x {columns:,}, {task}; medians of {asked.repeats}")
                if task == "adam":
                    print(run([sys.executable, str(MINIBATCHES), name, str(asked.repeats)]).rstrip())
                else:
                    ways = asked.ways.split(",") if asked.ways else WAYS[task]
                    compare(folder, task, ways, asked.repeats)
    return 0


def compare(folder: Path, task: str, ways: Sequence[str], repeats: int) -> None:
    """Run the ways in turns, and print seconds to each gap and their ratios to ours."""
    budgets = {way: LADDER.get(way, ITERATIONS) for way in ways}
    traces: dict[str, list[Trace]] = {way: [] for way in ways}
    kernels = {}
    least = np.inf
    for turn in range(repeats):
        told = {way: fitted(folder, task, way, budgets[way]) for way in ways}
        weights = {way: np.load(folder / f"{way}.npy").T for way in ways}
        if not turn:
            kernels = {way: each["kernel"] for way, each in told.items()}
            least = data.optimum(folder, task, weights["ours"][:, -1:])
        for way in ways:
            gaps = data.objectives(folder, task, weights[way]) / least - 1
            traces[way].append(Trace(tuple(told[way]["seconds"]), tuple(gaps)))
        budgets = {way: budgets[way] if turn or way == "torch" else rungs(traces[way][0], budgets[way]) for way in ways}
    print(f"{'':18}" + "".join(f"{f'{gap:.0e}':>10}{'ratio':>8}" for gap in GAPS) + f"{'best gap':>11}  kernel")
    medians = {way: [statistics.median(trace.until(gap) for trace in traces[way]) for gap in GAPS] for way in ways}
    for way in ways:
        ratios = (f"{s:10.3f}{s / own:8.2f}" for s, own in zip(medians[way], medians["ours"], strict=True))
        best = min(min(trace.gaps) for trace in traces[way])
        print(f"{way:18}" + "".join(ratios) + f"{best:11.1e}  {kernels[way]}")


def rungs(trace: Trace, budgets: Sequence[int]) -> tuple[int, ...]:
    """The budgets that just reach a gap; the largest where none does."""
    reached = {
        next((b for b, seen in zip(budgets, trace.gaps, strict=False) if seen <= gap), budgets[-1]) for gap in GAPS
    }
    return tuple(sorted(reached))


def fitted(folder: Path, task: str, way: str, budgets: Sequence[int]) -> dict[str, list[float]]:
    """What a process that fits so tells."""
    python = peers.python(TORCH) if way == "torch" else Path(sys.executable)
    limits = ",".join(map(str, budgets))
    told: dict[str, list[float]] = json.loads(
        run([str(python), str(FITS), way, str(folder), task, str(data.DECAY[task]), limits])
    )
    return told


def run(command: list[str]) -> str:
    """The output of a child, which ends this program where it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    done = subprocess.run(command, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[:3]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
