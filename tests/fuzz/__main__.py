"""Fuzz one target after the other: `python -m tests.fuzz [--runs N] [--seconds S] [TARGET]...`, without a name all.

Each has a process of its own. What was found to reach new code stays in build/fuzz/TARGET, where the next run goes on;
an input that fails lies there, too, and the line that runs it again is printed.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS

FOLDER = Path(__file__).parents[2] / "build" / "fuzz"
RUNS = 1_000_000
RUNS_OF_A_PROCESS = 100_000
"""atheris itself keeps up to a kilobyte of each input's comparisons: a process is followed by a fresh one."""
_AFRESH = ("sh", "-c", '"$@"; exit $?', "sh")
"""Linux counts the peak of who starts a program as its own, and a test run is large: a shell stands between."""
MEMORY_MEGABYTES = 1024
INPUT_SECONDS = 10
"""The longest that one input may take, on a machine that has other things to do."""
_SHOWN_CHARACTERS = 4000


@dataclass(frozen=True)
class Outcome:
    inputs: int
    edges: int
    """Of the program's branches, those that some input took."""
    peak_megabytes: int
    seconds: int
    failure: str
    """What the target raised and how to see it again; empty where nothing failed."""

    def followed_by(self, other: Outcome) -> Outcome:
        return Outcome(
            self.inputs + other.inputs,
            max(self.edges, other.edges),
            max(self.peak_megabytes, other.peak_megabytes),
            self.seconds + other.seconds,
            other.failure,
        )


def fuzz(target: str, folder: Path, *, runs: int, seconds: int = 0, seed: int = 0) -> Outcome:
    """Run a target that many times, or (where not 0) for that many seconds if they are over first.

    `folder` keeps what it finds; from the same folder, `seed` and `runs` it does the same again, unless `seed` is 0.
    """
    (folder / target).mkdir(parents=True, exist_ok=True)
    total = Outcome(0, 0, 0, 0, "")
    while total.inputs < runs and not total.failure and (not seconds or total.seconds < seconds):
        left = max(1, seconds - total.seconds) if seconds else 0
        total = total.followed_by(_fuzz(target, folder, min(runs - total.inputs, RUNS_OF_A_PROCESS), left, seed))
    return total


def _fuzz(target: str, folder: Path, runs: int, seconds: int, seed: int) -> Outcome:
    options = {
        "runs": runs,
        "max_total_time": seconds,
        "seed": seed,
        "max_len": seeds.LONGEST,
        "timeout": INPUT_SECONDS,
        "rss_limit_mb": MEMORY_MEGABYTES,
        "artifact_prefix": f"{folder}/{target}-",
        "print_final_stats": 1,
    }
    with tempfile.TemporaryDirectory() as begin:
        seeds.write(target, Path(begin))
        command = [*_AFRESH, sys.executable, "-m", "tests.fuzz.process", target]
        command += [*(f"-{name}={value}" for name, value in options.items()), str(folder / target), begin]
        started = monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    return _outcome(target, done.returncode, text, math.ceil(monotonic() - started))


def _outcome(target: str, code: int, text: str, seconds: int) -> Outcome:
    def last(pattern: str) -> int:
        return int((re.findall(pattern, text) or ["0"])[-1])

    inputs, failure = last(r"number_of_executed_units: (\d+)"), ""
    if code or not inputs:
        paths = re.findall(r"Test unit written to (\S+)", text)
        again = f"\nagain: python -m tests.fuzz.process {target} {paths[-1]}" if paths else ""
        failure = text[max(text.find("Uncaught Python exception"), 0) :][-_SHOWN_CHARACTERS:] + again
    return Outcome(inputs, last(r" cov: (\d+)"), last(r"peak_rss_mb: +(\d+)"), seconds, failure)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--runs", type=int, default=RUNS, help="inputs for each target")
    parser.add_argument("--seconds", type=int, default=0, help="the longest for each target; 0 for no limit")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers; 0 for another one each time")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    failed = False
    print(f"{'target':12}{'inputs':>10}{'seconds':>10}{'edges':>8}{'peak MB':>9}", flush=True)
    for target in given.targets or TARGETS:
        found = fuzz(target, FOLDER, runs=given.runs, seconds=given.seconds, seed=given.seed)
        print(f"{target:12}{found.inputs:10,}{found.seconds:10}{found.edges:8}{found.peak_megabytes:9}", flush=True)
        if found.failure:
            failed = True
            print(found.failure, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
