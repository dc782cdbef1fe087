"""Our server beside the field's: same model, same number of workers, same machine, same run.

    make bench/serving                                      every peer, medians of 5 rounds, a quarter of an hour
    make bench/serving OPTIONS="--peers ours,baseline"      the two that matter, three minutes
    make bench/serving OPTIONS="--write README.md"          puts the table between the document's markers, and the
                                                            picture where documents show it, tests/bench/serving.svg

Each round starts every server in turn, measures its latency at a rate that the baseline can bear, and saturates it by
wrk with 1 row and with 1,000. Peers get environments of their own below .cache/bench at their first run. Only the
ratios carry over to another machine. The picture goes to build/bench/serving.svg.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xgboost

from tests.bench.serving import figures, open_loop, peers, picture, saturation, server, workload
from tests.bench.serving.figures import Figures, Rounds
from tests.bench.serving.open_loop import OpenLoopError
from tests.bench.serving.peers import BASELINE, Peer, PeerError
from tests.bench.serving.server import Running
from tests.bench.serving.workload import ROWS, Workload

RATE_SHARE = 0.4
"""Of what the baseline can bear, for the latencies."""
WARM_SECONDS = 1.0
LOGS = peers.ROOT / "build" / "bench"
PICTURE = LOGS / "serving.svg"
COMMITTED = peers.ROOT / "tests" / "bench" / "serving.svg"


def saturate(running: Running, peer: Peer, load: Workload, rows: int, seconds: float) -> float:
    body = load.model.parent / f"{peer.name}-{rows}"
    body.write_bytes(peer.form.body(load.csv[rows]))
    return saturation.requests_a_second(running, peer, body, seconds)


def measure(peer: Peer, load: Workload, chosen: argparse.Namespace, rate: float, rounds: Rounds) -> None:
    """One round of one peer. Raises PeerError."""
    with server.running(peer, load, LOGS / f"{peer.name}.log") as running:
        for rows in ROWS:
            wrong = None if peer.floor else load.check(rows, peer.form, server.ask(running, peer, load.csv[rows]))
            if wrong:
                raise PeerError(f"{peer.title} {wrong}")
        saturate(running, peer, load, 1, WARM_SECONDS)  # every worker has loaded and answered once
        request = open_loop.request(peer.path, peer.form.content_type, peer.form.body(load.csv[1]))
        try:
            taken = open_loop.latencies(running.port, request, rate, 2 * chosen.seconds) * 1e3
        except OpenLoopError as error:
            raise PeerError(f"{peer.title} at {rate:.0f} requests a second: {error}") from error
        rates = [saturate(running, peer, load, rows, chosen.seconds) for rows in ROWS]
        found = (*rates, *np.percentile(taken, (50, 99)), running.start_seconds, server.megabytes(running.process))
    for metric, value in zip(figures.METRICS, found, strict=True):
        rounds.add(peer, metric, float(value))


def moderate_rate(load: Workload, chosen: argparse.Namespace) -> float:
    """Raises PeerError where the baseline cannot be started."""
    (baseline,) = peers.choose(BASELINE)
    with server.running(baseline, load, LOGS / f"{baseline.name}.log") as running:
        saturate(running, baseline, load, 1, WARM_SECONDS)
        return RATE_SHARE * saturate(running, baseline, load, 1, chosen.seconds)


def in_process(load: Workload) -> dict[int, float]:
    """Seconds of one `inplace_predict`: the least of some, as nothing else is to be measured."""
    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(load.model.read_bytes()))
    found = {}
    for rows, csv in load.csv.items():
        features = np.loadtxt(csv.decode().splitlines(), delimiter=",", dtype=np.float32, ndmin=2)
        times = []
        for _ in range(300):
            begin = time.perf_counter()
            booster.inplace_predict(features)
            times.append(time.perf_counter() - begin)
        found[rows] = min(times)
    return found


def conditions(chosen: argparse.Namespace, rate: float) -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cpu = re.sub(r"\(R\)|\(TM\)| Processor| CPU", "", found[1]).strip() if found else "an unknown CPU"
    today = datetime.datetime.now(datetime.UTC).date()
    rounds = f"{chosen.rounds} interleaved rounds" if chosen.rounds > 1 else "one round"
    return (
        f"{today:%-d %B %Y}, {cpu}, {len(os.sched_getaffinity(0))} cores, Python {sys.version.split()[0]}; "
        f"{workload.TREES} trees of depth {workload.DEPTH}, {workload.WIDTH} features, {peers.WORKERS} workers of one "
        f"thread each; medians of {rounds}; p50 and p99 at {rate:.0f} requests a second of 1 row, from an open loop."
    )


def run(chosen: argparse.Namespace, wanted: tuple[Peer, ...]) -> Figures:
    """All rounds. A peer that fails is left out of those that follow. Raises PeerError for the baseline."""
    rounds, reasons = Rounds(), dict[str, str]()
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as folder:
        load = workload.prepare(Path(folder))
        for peer in wanted:
            try:
                peers.python(peer)
            except PeerError as error:
                reasons[peer.name] = str(error)
        rate = moderate_rate(load, chosen)
        for number in range(1, chosen.rounds + 1):
            # Every other round goes backwards, so that a machine that slows down does so for all.
            for peer in wanted if number % 2 else reversed(wanted):
                if peer.name in reasons:
                    continue
                begin = time.perf_counter()
                try:
                    measure(peer, load, chosen, rate, rounds)
                except PeerError as error:
                    reasons[peer.name] = str(error)
                    rounds.found.pop(peer.name, None)
                outcome = reasons.get(peer.name, f"{time.perf_counter() - begin:.0f} s")
                print(f"round {number} of {chosen.rounds}: {peer.title}: {outcome}", flush=True)
        floor = in_process(load)
    return Figures(wanted, rounds.medians(), reasons, floor, conditions(chosen, rate))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make bench/serving", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default="", help=f"of {', '.join(peer.name for peer in peers.PEERS)}; all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a document with the table's markers")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed; it comes with Debian's package of that name: apt-get install wrk")
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        if chosen.write:
            figures.around(chosen.write)  # before a quarter of an hour is spent
        found = run(chosen, peers.choose(chosen.peers))
    except (PeerError, OSError, ValueError) as error:
        parser.error(str(error))
    print(figures.text(found))
    PICTURE.write_text(picture.draw(found))
    print(f"picture: {PICTURE.relative_to(peers.ROOT)}")
    if chosen.write:
        figures.write(chosen.write, figures.markdown(found))
        shutil.copyfile(PICTURE, COMMITTED)
    return 0


if __name__ == "__main__":
    sys.exit(main())
