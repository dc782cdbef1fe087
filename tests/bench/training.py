"""Time and memory of an XGBoost training job against the bare library, each in fresh processes, taken in turns.

    make bench/training                               1,000,000 rows x 30, 100 rounds, medians of 3
    make bench/training OPTIONS="--rows 100000"       smaller

`job` is `train` as the container runs it, from its start to the model saved. `library` reads the same csv file by the
fastest reader (pandas' C engine to float32), trains with the same parameters, prints the same metric lines and saves
the model; `library, silent` evaluates nothing; `by hand` is pandas' defaults and DMatrix. The ratios are to `library`,
of memory to `by hand`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
PARAMETERS = {"objective": "binary:logistic", "tree_method": "hist"}

BY_LIBRARY = """
import sys, pandas, xgboost
path, model, rounds, threads, reader, logged = sys.argv[1:]
if reader == "fast":
    cells = pandas.read_csv(path, header=None, dtype="float32").to_numpy()
    train = xgboost.DMatrix(cells[:, 1:], cells[:, 0])
else:
    cells = pandas.read_csv(path, header=None)
    train = xgboost.DMatrix(cells.drop(columns=0), cells[0])
del cells
parameters = {"objective": "binary:logistic", "tree_method": "hist", "nthread": int(threads)}
evals = [(train, "train")] if logged == "yes" else []
xgboost.train(parameters, train, int(rounds), evals=evals).save_model(model)
"""


@dataclass(frozen=True)
class Run:
    """Seconds from start to end, and megabytes of the largest process."""

    seconds: float
    megabytes: float


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-training-") as folder:
        data = Path(folder) / "train.csv"
        write(data, asked.rows, asked.columns)
        given = {"num_round": str(asked.rounds), "nthread": str(asked.threads), **PARAMETERS}
        commands = {
            "library": library(data, asked.rounds, asked.threads, "fast", "yes"),
            "job": job(Path(folder) / "job", data, given),
            "library, silent": library(data, asked.rounds, asked.threads, "fast", "no"),
            "by hand": library(data, asked.rounds, asked.threads, "plain", "yes"),
            "job, checkpoints": job(Path(folder) / "checkpoints", data, given, checkpoints=True),
            "job, external memory": job(Path(folder) / "external", data, given | {"external_memory": "true"}),
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(asked.repeats):
            for name, (command, environment) in commands.items():
                runs[name].append(measure(command, environment))
    print(
        f"{asked.rows:,} x {asked.columns}, {asked.rounds} rounds, {asked.threads} threads; medians of {asked.repeats}"
    )
    table({name: median(taken) for name, taken in runs.items()})
    return 0


def write(path: Path, rows: int, columns: int) -> None:
    """A csv file of a task that trees have to work for: label first, six digits a cell."""
    import pyarrow
    from pyarrow import csv

    generator = np.random.default_rng(0)
    options = csv.WriteOptions(include_header=False)
    with path.open("wb") as stream:
        for start in range(0, rows, 100_000):
            features = generator.normal(size=(min(100_000, rows - start), columns)).round(6)
            noise = generator.normal(size=len(features))
            label = (features[:, 0] * features[:, 1] + features[:, 2] + noise > 0).astype(np.int8)
            arrays = [label, *features.T]
            csv.write_csv(pyarrow.table(arrays, names=[str(n) for n in range(len(arrays))]), stream, options)


def library(data: Path, rounds: int, threads: int, reader: str, logged: str) -> tuple[list[str], Mapping[str, str]]:
    """The command that trains without us."""
    model = str(data.with_name("model.ubj"))
    return [sys.executable, "-c", BY_LIBRARY, str(data), model, str(rounds), str(threads), reader, logged], {}


def job(
    base: Path, data: Path, given: Mapping[str, str], *, checkpoints: bool = False
) -> tuple[list[str], Mapping[str, str]]:
    """The command and environment of a training job in `base`, a folder in place of /opt/ml."""
    config, channel = base / "input" / "config", base / "input" / "data" / "train"
    config.mkdir(parents=True)
    channel.mkdir(parents=True)
    (channel / data.name).hardlink_to(data)
    (config / "hyperparameters.json").write_text(json.dumps(dict(given)))
    (config / "inputdataconfig.json").write_text(json.dumps({"train": {"ContentType": "text/csv"}}))
    if checkpoints:
        (config / "checkpointconfig.json").write_text(json.dumps({"LocalPath": "/opt/ml/checkpoints"}))
    environment = {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_ALGORITHM": "xgboost", "PYTHONPATH": str(ROOT)}
    return [sys.executable, "-m", "training_scripts.train"], environment


def measure(command: list[str], environment: Mapping[str, str]) -> Run:
    """One fresh run. A job's checkpoints of an earlier run would save it the work: they go first."""
    if base := environment.get("SAGEMAKER_BASE_DIR"):
        for old in Path(base).glob("checkpoints/*"):
            old.unlink()
    began = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[:3]} ended with {process.returncode}:\n{said}")
    return Run(time.perf_counter() - began, usage.ru_maxrss / 1024)


def median(runs: list[Run]) -> Run:
    """The medians of time and of memory."""
    return Run(statistics.median(run.seconds for run in runs), statistics.median(run.megabytes for run in runs))


def table(medians: Mapping[str, Run]) -> None:
    """Print every way with its ratios."""
    print(f"{'':22}{'seconds':>9}{'ratio':>8}{'MB':>9}{'ratio':>8}")
    for name, run in medians.items():
        time_ratio = run.seconds / medians["library"].seconds
        memory_ratio = run.megabytes / medians["by hand"].megabytes
        print(f"{name:22}{run.seconds:9.2f}{time_ratio:8.3f}{run.megabytes:9.0f}{memory_ratio:8.3f}")


if __name__ == "__main__":
    sys.exit(main())
