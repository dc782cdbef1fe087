"""Our server against the Flask + pandas + DMatrix sample: same model, same number of workers, same machine, same run.

`make bench/serving` starts both in turn, lets wrk (Debian's package of that name) saturate each, and prints medians and
ratios. Only the ratios carry over to another machine.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import xgboost

PEERS = Path(__file__).parent / "peers"
WIDTH, TREES, DEPTH, CONNECTIONS = 30, 100, 6, 16
ROWS = (1, 1000)


@dataclass(frozen=True)
class Peer:
    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


@dataclass(frozen=True)
class Running:
    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float


def peers(model: Path, workers: int) -> tuple[Peer, ...]:
    ours = {
        "SAGEMAKER_BASE_DIR": str(model.parent.parent),
        "SAGEMAKER_ALGORITHM": "xgboost",
        "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers),
    }
    gunicorn = (sys.executable, "-m", "gunicorn", "--workers", str(workers), "--log-level", "error")
    baseline = (
        *gunicorn,
        "--no-control-socket",
        "--chdir",
        str(PEERS),
        "flask_pandas:app",
        "--bind",
        "127.0.0.1:PORT",
    )
    return (
        Peer("ours", (sys.executable, "-m", "serving.serve"), ours),
        Peer("baseline", baseline, {"BENCH_MODEL": str(model), "OMP_NUM_THREADS": "1"}),
    )


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = os.environ | peer.environment | {"SAGEMAKER_BIND_TO_PORT": str(port)}
    command = [part.replace("PORT", str(port)) for part in peer.command]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while not answers_ping(port):
            time.sleep(0.005)
        yield Running(port, process, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def answers_ping(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False


def requests_a_second(port: int, body: Path, script: Path, seconds: int) -> float:
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}/invocations",
    ]
    text = subprocess.run(
        command, env=os.environ | {"BODY": str(body)}, capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    assert found, text
    return float(found[1])


def megabytes(process: int) -> float:
    """Proportional set size of a process and all below it."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return (int(found[1]) / 1024 if found else 0) + sum(megabytes(int(child)) for child in children)


def prepare(folder: Path) -> tuple[Path, Path]:
    """A model, bodies of 1 and 1,000 rows, and wrk's script; returns the model and the script."""
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, WIDTH)).astype(np.float32)
    labels = features[:, :3].sum(axis=1) + random.normal(size=len(features)) > 0
    parameters = {"objective": "binary:logistic", "max_depth": DEPTH}
    booster = xgboost.train(parameters, xgboost.DMatrix(features, labels), TREES)
    model = folder / "model" / "xgboost-model"
    model.parent.mkdir()
    model.write_bytes(booster.save_raw("ubj"))
    for count in ROWS:
        np.savetxt(folder / f"{count}.csv", features[:count], fmt="%.6g", delimiter=",")
    script = folder / "post.lua"
    script.write_text(
        'local f = io.open(os.getenv("BODY"), "rb"); wrk.body = f:read("*a"); f:close()\n'
        'wrk.method = "POST"; wrk.headers["Content-Type"] = "text/csv"\n'
    )
    return model, script


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed; apt-get install wrk")
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        model, script = prepare(Path(name))
        for _ in range(chosen.rounds):
            for peer in peers(model, chosen.workers):
                with running(peer) as server:
                    measured = {"start to /ping, s": server.start_seconds}
                    for count in ROWS:
                        body = Path(name) / f"{count}.csv"
                        rate = requests_a_second(server.port, body, script, chosen.seconds)
                        measured[f"{count} rows, requests/s"] = rate
                    measured["memory (PSS), MB"] = megabytes(server.process.pid)
                for what, value in measured.items():
                    found.setdefault((what, peer.name), []).append(value)
    print(f"{'':24}{'ours':>10}{'baseline':>10}{'ratio':>8}")
    for what in dict.fromkeys(what for what, _ in found):
        ours, baseline = (statistics.median(found[what, name]) for name in ("ours", "baseline"))
        print(f"{what:24}{ours:>10.2f}{baseline:>10.2f}{ours / baseline:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
