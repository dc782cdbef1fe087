"""What a whole job holds beside its one matrix."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from contract.dataset import Dataset
from training_scripts.channels import ChannelData
from training_scripts.linear_learner import losses, scaler, scoring
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.task import Task

WIDTH, ROWS = 100, 120_000
GIVEN = {"predictor_type": "binary_classifier", "epochs": "2", "num_models": "4", "mini_batch_size": "1000"}


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_no_second_matrix_is_made(bench, monkeypatch, optimizer):
    """What numpy allocates once the channel is read; what reading takes is measured by the tests of the codecs."""

    def load(channel: ChannelData) -> Dataset:
        features = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)
        labels = (features[:, 0] > 0).astype(np.float32)
        tracemalloc.reset_peak()
        return Dataset(features, labels)

    monkeypatch.setattr(ChannelData, "load", load)
    bench.put("train", "1,2\n")
    tracemalloc.start()
    try:
        bench.fit(GIVEN | {"optimizer": optimizer})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * ROWS * WIDTH * 4


def test_columns_that_are_constant_at_first_are_measured_block_by_block():
    features = np.random.default_rng(0).normal(size=(60_000, WIDTH)).astype(np.float32)
    features[:10_000] = 0
    tracemalloc.start()
    try:
        found = scaler.measure(features, features[:, 0], rows=10_000, center=True, scale=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(1 / found.factor, features.std(axis=0, dtype=np.float64), rtol=1e-5)
    assert peak < 0.5 * features.nbytes


def test_scores_are_made_block_by_block():
    rows = 100_000
    drawn = np.random.default_rng(0)
    features = drawn.normal(size=(rows, 20)).astype(np.float32)
    held = Rows(features, drawn.integers(0, 2, rows).astype(np.float32))
    columns = drawn.normal(size=(21, 32)).astype(np.float32)
    judge = Judge(Task("binary_classifier", "logistic", 2, "accuracy"), losses.of("logistic"))
    tracemalloc.start()
    try:
        scoring.mean_losses(held, columns, judge.loss, Group())
        judge.metrics(held, columns[:, :1], Group())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.75 * features.nbytes + 32 * scoring.CELLS
