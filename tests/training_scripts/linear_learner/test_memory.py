"""What a whole job holds beside its one matrix."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from contract.dataset import Dataset
from training_scripts.channels import ChannelData
from training_scripts.linear_learner import losses, scoring
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
