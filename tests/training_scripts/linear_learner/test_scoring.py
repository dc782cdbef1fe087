"""Losses, scores and samples of rows, block by block."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training_scripts.linear_learner.hosts import group_of, together
from training_scripts.linear_learner import losses, scoring
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.plan import Total
from training_scripts.linear_learner.rows import Rows

DRAWN = np.random.default_rng(5)
ROWS = Rows(
    DRAWN.normal(size=(50, 4)).astype(np.float32),
    DRAWN.integers(0, 2, 50).astype(np.float32),
    DRAWN.uniform(0.5, 2, 50).astype(np.float32),
)
WEIGHTS = DRAWN.normal(size=(3, 1, 4)).astype(np.float32)
BIASES = DRAWN.normal(size=(3, 1)).astype(np.float32)
LOGISTIC = losses.of("logistic")


def test_columns_hold_the_models_side_by_side_and_the_bias_last() -> None:
    columns = scoring.columns_of(np.arange(12, dtype=np.float32).reshape(2, 3, 2), np.arange(6).reshape(2, 3))
    assert columns.tolist() == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11], [0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize("cells", [1, 60, 1 << 20])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    columns = scoring.columns_of(WEIGHTS, BIASES)
    margins = ROWS.features @ columns[:-1] + columns[-1]
    values, _ = LOGISTIC.evaluate(margins[:, :, None], ROWS.labels)
    assert ROWS.weights is not None
    weighted = (values * ROWS.weights[:, None]).sum(axis=0) / ROWS.weights.sum()
    monkeypatch.setattr(scoring, "CELLS", cells)
    np.testing.assert_allclose(scoring.mean_losses(ROWS, columns, LOGISTIC, Group()), weighted, rtol=1e-5)
    np.testing.assert_allclose(scoring.all_scores(ROWS, columns, LOGISTIC), 1 / (1 + np.exp(-margins)), rtol=1e-5)


def test_a_model_whose_weights_are_not_finite_has_no_loss() -> None:
    columns = scoring.columns_of(WEIGHTS, BIASES)
    columns[0, 1], columns[1, 2] = np.inf, np.nan
    found = scoring.mean_losses(ROWS, columns, LOGISTIC, Group())
    assert np.isfinite(found).tolist() == [True, False, False]


@pytest.mark.parametrize(("most", "rows"), [(50, 50), (49, 25), (17, 17), (1, 1), (1000, 50)])
def test_a_sample_is_even_and_no_copy(most: int, rows: int) -> None:
    found = scoring.sample(ROWS, most)
    assert len(found) == rows <= max(most, 1)
    assert np.shares_memory(found.features, ROWS.features)
    assert found.weights is not None
    assert len(found.weights) == rows


@pytest.mark.parametrize("shares", [(20, 30), (0, 50), (1, 48, 1), (50, 0, 0)])
@pytest.mark.parametrize("most", [1, 2, 7, 49, 50, 1000])
def test_hosts_sample_the_rows_that_one_would(shares: tuple[int, ...], most: int) -> None:
    ends = np.cumsum(shares)

    def host(rank: int, total: Total) -> list[list[float]]:
        mine = slice(ends[rank] - shares[rank], ends[rank])
        found = scoring.sample(Rows(ROWS.features[mine], ROWS.labels[mine]), most, group_of(len(shares), rank, total))
        return found.features.tolist()

    together_found = [row for each in together(len(shares), host) for row in each]
    assert together_found == scoring.sample(ROWS, most).features.tolist()
    assert len(together_found) <= most


def test_a_host_without_rows_has_a_sample_of_none() -> None:
    nothing = Rows(np.empty((0, 4), np.float32), np.empty(0, np.float32))
    assert len(scoring.sample(nothing, 5)) == 0


@pytest.mark.parametrize(
    ("loss", "probabilities"),
    [("logistic", True), ("softmax_loss", True), ("hinge_loss", False), ("squared_loss", False)],
)
def test_what_a_model_answers(loss: str, probabilities: bool) -> None:
    made = losses.of(loss, num_classes=3)
    margins = DRAWN.normal(size=(5, 1, made.outputs)).astype(np.float32) * 3
    scores = scoring.scores_of(margins, made)
    assert bool((scores >= 0).all() and (scores <= 1).all()) == probabilities
    if not probabilities:
        np.testing.assert_array_equal(scores, margins)
