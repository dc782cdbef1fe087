"""Early stopping and the best model, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pytest

from training_scripts.linear_learner.progress import Progress

WEIGHTS = np.arange(6, dtype=np.float32).reshape(3, 1, 2)
BIASES = np.arange(3, dtype=np.float32).reshape(3, 1)


def told(values: list[list[float]], *, maximize: bool = False, tolerance: float = 0.001) -> tuple[Progress, list[bool]]:
    progress, improved = Progress(), []
    for each in values:
        progress.add("train", np.array(each))
        values = np.array(each)
        improved.append(progress.judge(values, values, WEIGHTS, BIASES, maximize=maximize, tolerance=tolerance)[1])
    return progress, improved


def test_the_best_of_the_models_counts() -> None:
    progress, improved = told([[5, 4, 6], [3, 4, 6], [4, 4, 2.5]])
    assert improved == [True, True, True]
    assert progress.best is not None
    assert (progress.best.epoch, progress.best.model, progress.best.value) == (2, 2, 2.5)
    assert progress.best.weights.tolist() == WEIGHTS[2].tolist()
    assert progress.best.biases.tolist() == BIASES[2].tolist()


@pytest.mark.parametrize(
    ("maximize", "values", "improved"),
    [
        (False, [1.0, 0.999, 0.99], [True, True, True]),  # a thousandth of the best so far is enough
        (False, [1.0, 0.9995, 0.9991], [True, False, False]),
        (False, [1.0, 0.9995, 0.9985], [True, False, True]),  # what counts for nothing moves no mark
        (False, [1.0, 2.0, 1.0], [True, False, False]),
        (False, [-1.0, -1.1], [True, True]),
        (False, [0.0, 0.0], [True, False]),
        (True, [0.5, 0.5004, 0.51], [True, False, True]),
        (True, [0.0, 0.0, 1e-9], [True, False, True]),
        (True, [0.9, 0.8], [True, False]),
    ],
)
def test_improvement_is_relative_to_the_best_so_far(maximize: bool, values: list[float], improved: list[bool]) -> None:
    assert told([[value] for value in values], maximize=maximize)[1] == improved


def test_epochs_without_improvement_are_counted_in_a_row() -> None:
    progress, _ = told([[1], [1], [1], [0.5], [1]])
    assert progress.stale == 1


def test_a_better_model_is_kept_though_it_counts_for_nothing() -> None:
    progress, improved = told([[1.0], [0.9999]])
    assert improved == [True, False]
    assert progress.best is not None
    assert (progress.best.epoch, progress.stale) == (1, 1)


def test_a_model_that_has_lost_its_way_is_never_the_best() -> None:
    progress, _ = told([[np.nan, 2, np.inf], [np.nan, 3, 4]])
    assert progress.best is not None
    assert progress.best.model == 1
    progress, improved = told([[np.nan, np.nan]])
    assert (progress.best, progress.stale, improved) == (None, 1, [False])


def test_the_best_model_is_a_copy() -> None:
    weights = WEIGHTS.copy()
    progress = Progress()
    values = np.array([1.0, 2, 3])
    progress.judge(values, values, weights, BIASES, maximize=False, tolerance=0.1)
    weights[:] = 7
    assert progress.best is not None
    assert progress.best.weights.tolist() == WEIGHTS[0].tolist()


def test_of_equal_values_that_of_the_least_loss_is_the_best() -> None:
    progress = Progress()
    values = np.array([0.9, 0.9, 0.8])
    for losses in ([0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.35, 0.35, 0.1]):
        progress.add("train", np.array(losses))
        progress.judge(values, np.array(losses), WEIGHTS, BIASES, maximize=True, tolerance=0.001)
    assert progress.best is not None
    assert (progress.best.epoch, progress.best.model, progress.stale) == (1, 0, 2)
