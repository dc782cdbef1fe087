"""Whole jobs as processes: stopped while they read, fed by a pipe, on two hosts, and how much memory they take."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from contract import artifact, ndarrays
from contract.paths import Paths
from tests.training_scripts.hosts import HOSTS, Hosts

CSV = "text/csv;label_size=0"
GIVEN = {"feature_dim": "6", "num_components": "3", "mini_batch_size": "100"}
PEAK = """
import resource, sys
from training_scripts import job
code = job.main()
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
job.leave(code)
"""


def model(base: Path) -> dict[str, np.ndarray]:
    """The model of a directory that matches its model.json."""
    assert artifact.verify(Paths(base).model, algorithm="pca") is not None
    return load_file(Paths(base).model / "model.safetensors")


@pytest.fixture
def pca(bench, programs):
    """Start a job with the channels of `bench`."""

    def start(**given):
        bench.opened(**{"feature_dim": 6, "num_components": 3} | given)
        return programs.train(SAGEMAKER_ALGORITHM="pca")

    return start


def test_a_job_leaves_its_model_in_both_forms_and_a_report(bench, pca, programs, text, measures, by_svd):
    bench.give(text(measures))
    bench.give(text(measures), channel="test")
    code, printed = programs.finish(pca())
    assert code == 0, printed
    saved = model(programs.base)
    by_svd(measures, 3).agrees(saved)
    assert {name: (array.shape, array.dtype) for name, array in saved.items()} == {
        "s": ((3,), np.float32), "v": ((6, 3), np.float32), "mean": ((1, 6), np.float32)
    }  # fmt: skip
    theirs = ndarrays.read((programs.base / "model" / "model_algo-1").read_bytes())
    assert list(theirs) == ["s", "v", "mean"]
    for name, array in theirs.items():
        np.testing.assert_array_equal(array, saved[name])
    manifest = artifact.verify(programs.base / "model", algorithm="pca")
    assert manifest.details == {"algorithm_mode": "regular", "subtract_mean": True}
    assert manifest.features == artifact.Schema(6, missing_allowed=False)
    assert set(manifest.libraries) == {"numpy", "safetensors"}
    assert "Explained variance" in (programs.base / "output" / "data" / "report.html").read_text()
    lines = printed.splitlines()
    assert all(re.match(r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d [A-Z]+ \d+\] |#metrics \{", line) for line in lines), printed
    assert [line.split("] ", 1)[1].split(" from ")[0] for line in lines if "configuration" in line][:2] == [
        "Reading default configuration", "Merging with provided configuration"
    ]  # fmt: skip


def test_a_checkpointconfig_is_answered_in_one_line(bench, text, measures, caplog):
    bench.give(text(measures))
    with caplog.at_level("INFO"):
        bench.found(feature_dim=6, num_components=2, checkpoints=True)
    assert len([record for record in caplog.records if "checkpoint" in record.message.lower()]) == 1
    assert not list((bench.base / "checkpoints").iterdir())


def feed(path: Path, part: bytes, times: int, fed: list[int]) -> threading.Thread:
    """Write `part` to a FIFO over and over, until the reader has enough."""

    def write() -> None:
        try:
            with path.open("wb", buffering=0) as pipe:
                fed.extend(pipe.write(part) for _ in range(times))
        except BrokenPipeError:
            return

    os.mkfifo(path)
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    return writer


@pytest.mark.parametrize("mode", ["regular", "randomized"])
def test_a_pipe_is_read_once(bench, pca, programs, text, measures, by_svd, mode):
    bench.give(b"", TrainingInputMode="Pipe")
    writer = feed(bench.base / "input" / "data" / "train_0", text(measures), 1, [])
    code, printed = programs.finish(pca(algorithm_mode=mode))
    writer.join(timeout=10)
    assert code == 0, printed
    by_svd(measures, 3).agrees(model(programs.base))


def test_a_stop_while_reading_saves_what_there_is(bench, pca, programs, text, measures, by_svd):
    bench.give(b"", TrainingInputMode="Pipe")
    fed: list[int] = []
    feed(bench.base / "input" / "data" / "train_0", text(measures), 10**9, fed)
    process = pca()
    programs.wait_until(lambda: sum(fed) > 40_000_000)
    code, printed = programs.stop(process)
    assert code == 0, printed
    assert re.search(r"Told to stop: the model is of the \d+ rows read until then", printed)
    saved = model(programs.base)
    expected = by_svd(measures, 3)
    np.testing.assert_allclose(saved["s"] / saved["s"][-1], expected.values / expected.values[-1], rtol=1e-2)


def test_two_hosts_find_what_one_would(programs, text, measures, by_svd):
    hosts = Hosts(programs, "pca", CSV)
    shares = (text(measures[:100] + 50), text(measures[100:] - 50))
    ended = hosts.ended(shares, GIVEN, test=text(measures))
    assert [code for code, _ in ended] == [0, 0], ended
    together = np.vstack([(measures[:100] + 50), (measures[100:] - 50)])
    by_svd(together, 3).agrees(model(hosts.base(HOSTS[0])))
    assert not any((hosts.base(HOSTS[1]) / "model").iterdir())
    for _, printed in ended:
        assert re.search(r"test explained_variance_ratio <score>=0\.\d+", printed)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_host_without_data_is_left_out(programs, text, measures, by_svd, empty):
    hosts = Hosts(programs, "pca", CSV)
    shares = (b"", text(measures)) if empty == 0 else (text(measures), b"")
    ended = hosts.ended(shares, GIVEN)
    assert [code for code, _ in ended] == [0, 0], ended
    by_svd(measures, 3).agrees(model(hosts.base(HOSTS[1 - empty])))
    assert not any((hosts.base(HOSTS[empty]) / "model").iterdir())


@pytest.mark.parametrize("mode", ["regular", "randomized"])
def test_peak_memory_does_not_grow_with_the_rows(bench, programs, text, mode):
    part = text(np.random.default_rng(0).normal(size=(10_000, 40)).round(3))

    def peak(parts: int) -> int:
        for place in range(parts):
            bench.give(part, name=f"part-{place}")
        bench.opened(feature_dim=40, num_components=1, algorithm_mode=mode, extra_components=0)
        code, printed = programs.finish(programs.start("-c", PEAK, SAGEMAKER_ALGORITHM="pca"))
        assert code == 0, printed
        return int(re.search(r"peak (\d+)", printed)[1])

    small = peak(6)
    assert peak(30) < small + 12_000  # KiB; the rows are 38,400 more
