"""Reading csv beside the field's parsers: `python -m tests.bench.csv [rows]`.

1,000,000 x 30 float32 by default. Each way runs in a process of its own, imports done, the file in the page cache; five
rounds interleaved; time and peak memory are medians, memory without what the process held before reading. Then the
decoding of small bodies.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

COLUMNS = 30
ROUNDS = 5
SLOW_ROUNDS = 1
SETUP = """
import sys, time
from pathlib import Path
import numpy as np
path = sys.argv[1]

def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))

def report(read):
    before = held("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    matrix = read()
    seconds = time.perf_counter() - start
    print(seconds, held("VmHWM") - before, matrix.shape[0], float(np.asarray(matrix[-1], dtype=np.float64).sum()))
"""
OURS = """
import polars
from contract.codecs import csv, gather
from contract.dataset import Layout
def read():
    with open(path, "rb") as stream:
        return gather.concatenate(csv.read(stream, Layout(), {}, path), path).features
report(read)
"""
PANDAS = "import pandas as pd\nreport(lambda: pd.read_csv(path, header=None, engine='c'%s).to_numpy())\n"
SERIAL = "import pandas as pd\npd.set_option('mode.max_threads', 1)\n"
POLARS = """
import polars as pl
schema = {f"c{place}": pl.Float32 for place in range(%d)}
report(lambda: pl.read_csv(path, has_header=False, schema=schema).to_numpy())
"""
WAYS = {
    "ours": OURS,
    "pandas float32": PANDAS % ", dtype=np.float32",
    "pandas float32, one thread": SERIAL + PANDAS % ", dtype=np.float32",
    "pandas default": PANDAS % "",
    "polars float32": POLARS % COLUMNS,
    "np.loadtxt": "report(lambda: np.loadtxt(path, delimiter=',', dtype=np.float32))\n",
}
BODIES = """
import timeit
from contract.codecs import csv
from contract.dataset import Layout
lines = open(path, "rb").read(1 << 20).split(b"\\n")
for rows in (1, 100, 1000):
    body = b"\\n".join(lines[:rows]) + b"\\n"
    number = max(10, 5000 // rows)
    times = timeit.repeat(lambda: csv.decode(body, Layout(width=%d), {}, "body"), number=number, repeat=5)
    print(f"{rows:>6} rows {sorted(times)[2] / number * 1e6:10.1f} us")
assert "polars" not in sys.modules
"""


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.csv"
        write(path, rows)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
        for number in range(ROUNDS):
            for name, code in WAYS.items():
                if name != "np.loadtxt" or number < SLOW_ROUNDS:
                    found[name].append(measure(code, path))
        show(found, rows)
        print(run(BODIES % COLUMNS, path))
    return 0


def write(path: Path, rows: int) -> None:
    """Normal numbers with six decimals, as exports have them."""
    random = np.random.default_rng(0)
    with path.open("w") as file:
        for start in range(0, rows, 10_000):
            block = random.normal(size=(min(10_000, rows - start), COLUMNS)).round(6)
            file.writelines(",".join(map(repr, row)) + "\n" for row in block.tolist())


def measure(code: str, path: Path) -> tuple[float, float]:
    seconds, peak, *_ = map(float, run(code, path).split())
    return seconds, peak


def run(code: str, path: Path) -> str:
    command = [sys.executable, "-c", SETUP + code, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout


def show(found: dict[str, list[tuple[float, float]]], rows: int) -> None:
    """A table: seconds, and both as ratios, to the fastest other parser and to the matrix."""
    matrix = rows * COLUMNS * 4
    seconds = {name: statistics.median(time for time, _ in pairs) for name, pairs in found.items()}
    fastest = min(time for name, time in seconds.items() if name != "ours")
    print(f"{'parser':<28}{'seconds':>9}{'/ fastest':>11}{'peak MB':>9}{'/ matrix':>10}")
    for name, pairs in found.items():
        peak = statistics.median(held for _, held in pairs)
        print(
            f"{name:<28}{seconds[name]:>9.2f}{seconds[name] / fastest:>11.2f}{peak / 1e6:>9.0f}{peak / matrix:>10.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
