"""positive_example_weight_mult=auto: which weight the trials find, and when there is nothing to try."""

from __future__ import annotations

import re

import numpy as np
import pytest

from training_scripts.linear_learner import grid, losses, solver, texts, trial
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.plan import Doubles, Plan
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.task import Task
from training_scripts.linear_learner.thresholds import Criterion


def weights_of(rows: Rows, criterion: str, loss: str = "logistic") -> Doubles | None:
    judge = Judge(Task("binary_classifier", loss, 2, criterion), losses.of(loss))
    plan = Plan(loss=judge.loss, settings=grid.settings(1, "auto", {}), epochs=2, batch_rows=50)
    counted = np.bincount(rows.labels.astype(int)).astype(np.float64)
    return trial.weights(plan, Criterion(criterion), judge, rows, None, Group(), counted)


@pytest.fixture
def spread() -> Rows:
    """Rows of class 1 lie on both sides of those of class 0, more of them to the right."""
    drawn = np.random.default_rng(0)
    features = np.concatenate([drawn.normal(0, 1, 800), drawn.normal(3, 1, 60), drawn.normal(-3, 1, 20)])
    labels = np.repeat([0.0, 1.0], [800, 80])
    return Rows(features[:, None].astype(np.float32), labels.astype(np.float32))


def test_the_weight_of_the_best_trial_is_told(spread, caplog):
    with caplog.at_level("INFO"):
        found = weights_of(spread, texts.F_BETA)
    said = re.search(r"auto is ([\d.]+), the best of 1, 3.16228, 10$", caplog.messages[-1])
    assert said
    np.testing.assert_allclose([1.0, 1.0] if found is None else found, [1, float(said[1])], rtol=1e-5)


@pytest.mark.parametrize("loss", ["logistic", "hinge_loss"])
def test_nothing_is_tried_for_the_loss_which_weights_can_but_raise(spread, loss, monkeypatch, caplog):
    monkeypatch.setattr(solver, "make", lambda *_: pytest.fail("a trial"))
    with caplog.at_level("INFO"):
        assert weights_of(spread, texts.LOSS, loss) is None
    assert "positive_example_weight_mult: auto is 1," in caplog.text
