#!/usr/bin/env python3
"""A training program that keeps the contract, but for the FAULTS of the environment. Standard library only."""

import csv
import json
import os
import signal
import sys
import time
from pathlib import Path

BASE = Path("/opt/ml")
FAULTS = os.environ.get("FAULTS", "").split(",")


def stopped(number, frame):
    sys.exit(0)


def number(hyperparameters, name, default):
    try:
        return float(hyperparameters.get(name, default))
    except ValueError:
        if "lenient" in FAULTS:
            return float(default)
        raise ValueError(f"hyperparameter {name!r}: {hyperparameters[name]!r} is not a number") from None


def boolean(hyperparameters, name, default):
    text = hyperparameters.get(name, default).lower()
    if text not in ("true", "false") and "lenient" not in FAULTS:
        raise ValueError(f"hyperparameter {name!r}: {text!r} is neither true nor false")
    return text == "true"


def main():
    hyperparameters = json.loads((BASE / "input/config/hyperparameters.json").read_text())
    known = {"seconds", "shuffle"}
    unknown = {name for name in hyperparameters if name not in known and not name.startswith("_")}
    if unknown or ("strict" in FAULTS and set(hyperparameters) - known):
        raise ValueError(f"unknown hyperparameters: {sorted(hyperparameters)}")
    seconds = number(hyperparameters, "seconds", "0.5")
    boolean(hyperparameters, "shuffle", "true")
    files = sorted((BASE / "input/data/train").glob("*"))
    if not files and "lenient" not in FAULTS:
        raise ValueError("channel 'train' is empty or missing")
    rows = [row for file in files for row in csv.reader(file.read_text().splitlines())]
    if "network" in FAULTS:
        Path("/sys/class/net/eth0").stat()
    if "litter" in FAULTS:
        Path("/root/cache").write_text("x")
    print(f"training on {len(rows)} rows", flush=True)
    time.sleep(seconds)
    if "no model" not in FAULTS:
        (BASE / "model" / "width").write_text(str(len(rows[0]) - 1 if rows else 0))


if "deaf" not in FAULTS:
    signal.signal(signal.SIGTERM, stopped)
try:
    main()
except (ValueError, OSError) as error:
    if "empty failure" in FAULTS:
        (BASE / "output" / "failure").touch()
    elif "trace" in FAULTS:
        (BASE / "output" / "failure").write_text(f"Traceback (most recent call last):\n{error!r}")
    else:
        (BASE / "output" / "failure").write_text(str(error))
    sys.exit(1)
