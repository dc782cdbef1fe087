"""Final metrics against the formulas, row by row, and against hosts that add them up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import losses
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.metrics import Judge, auc
from training_scripts.linear_learner.plan import Total
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.task import Task

BINARY = Task("binary_classifier", "logistic", 2, "accuracy")
CLASSES = Task("multiclass_classifier", "softmax_loss", 4)
NUMBERS = Task("regressor", "squared_loss")
DRAWN = np.random.default_rng(3)
FEATURES = DRAWN.normal(size=(60, 3)).astype(np.float32)


def floats(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def two() -> tuple[Judge, Rows, np.ndarray]:
    labels = floats(DRAWN.integers(0, 2, 60))
    return Judge(BINARY, losses.of("logistic"), threshold=0.4, f_beta=2), Rows(FEATURES, labels), columns(1)


def columns(outputs: int) -> np.ndarray:
    return DRAWN.normal(size=(4, outputs)).astype(np.float32)


def test_of_two_classes() -> None:
    judge, rows, model = two()
    found = judge.metrics(rows, model, Group())
    scores = 1 / (1 + np.exp(-(FEATURES @ model[:-1] + model[-1])[:, 0].astype(np.float64)))
    predicted, truth = scores >= 0.4, rows.labels == 1
    hits = (predicted & truth).sum()
    precision, recall = hits / predicted.sum(), hits / truth.sum()
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    assert found == pytest.approx(
        {
            "binary_classification_cross_entropy_objective": -np.log(np.where(truth, scores, 1 - scores)).mean(),
            "binary_classification_accuracy": (predicted == truth).mean(),
            "binary_f_2.000": 5 * precision * recall / (4 * precision + recall),
            "precision": precision,
            "recall": recall,
            "roc_auc_score": (pairs > 0).mean(),
        },
        rel=1e-5,
    )
    assert list(found) == [
        "binary_classification_cross_entropy_objective",
        "binary_classification_accuracy",
        "binary_f_2.000",
        "precision",
        "recall",
        "roc_auc_score",
    ]


def test_of_numbers_in_the_labels_own_units() -> None:
    judge = Judge(NUMBERS, losses.of("squared_loss"), label_scale=10)
    labels = floats(DRAWN.normal(size=60))
    model = columns(1)
    residuals = ((FEATURES @ model[:-1] + model[-1])[:, 0] - labels).astype(np.float64) * 10
    found = judge.metrics(Rows(FEATURES, labels), model, Group())
    mse = np.square(residuals).mean()
    expected = {"mse_objective": mse, "mse": mse, "absolute_loss": np.abs(residuals).mean(), "rmse": mse**0.5}
    assert found == pytest.approx(expected, rel=1e-5)
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("absolute_loss", np.abs),
        ("huber_loss", lambda r: np.where(np.abs(r) <= 10, r**2 / 20, np.abs(r) - 5)),
        ("eps_insensitive_squared_loss", lambda r: np.maximum(np.abs(r) - 1, 0) ** 2),
        ("quantile_loss", lambda r: np.where(r > 0, 0.5 * r, -0.5 * r)),
    ],
)
def test_other_losses_in_the_labels_own_units(loss: str, formula: Callable[[np.ndarray], np.ndarray]) -> None:
    judge = Judge(Task("regressor", loss), losses.of(loss, loss_insensitivity=0.1), label_scale=10)
    labels = floats(DRAWN.normal(size=60))
    model = columns(1)
    residuals = ((FEATURES @ model[:-1] + model[-1])[:, 0] - labels).astype(np.float64) * 10
    found = judge.metrics(Rows(FEATURES, labels), model, Group())
    assert next(iter(found.items())) == (judge.task.objective, pytest.approx(formula(residuals).mean(), rel=1e-5))


def test_of_many_classes() -> None:
    judge = Judge(CLASSES, losses.of("softmax_loss", num_classes=4), top_k=2)
    labels = floats(DRAWN.integers(0, 3, 60))  # the last class has no rows
    model = columns(4)
    margins = (FEATURES @ model[:-1] + model[-1]).astype(np.float64)
    chances = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    truth = labels.astype(int)
    own = margins[np.arange(60), truth]
    ranks = (margins > own[:, None]).sum(axis=1)
    predicted = margins.argmax(axis=1)
    recalls = np.array([(predicted[truth == k] == k).mean() if (truth == k).any() else 0 for k in range(4)])
    precisions = np.array([(truth[predicted == k] == k).mean() if (predicted == k).any() else 0 for k in range(4)])
    both = recalls + precisions
    f_scores = np.divide(2 * recalls * precisions, both, out=np.zeros(4), where=both > 0)
    seen = [k for k in range(4) if (truth == k).any() or (predicted == k).any()]
    cross_entropy = -np.log(chances[np.arange(60), truth]).mean()
    found = judge.metrics(Rows(FEATURES, labels), model, Group())
    expected = {
        "multiclass_cross_entropy_objective": cross_entropy,
        "multiclass_accuracy": (predicted == truth).mean(),
        "multiclass_top_k_accuracy_2": (ranks < 2).mean(),
        "dcg": (1 / np.log2(2 + ranks)).mean(),
        "macro_recall": recalls[seen].mean(),
        "macro_precision": precisions[seen].mean(),
        "macro_f_1.000": f_scores[seen].mean(),
        "multiclass_balanced_accuracy": recalls[:3].mean(),
        "multiclass_log_loss": cross_entropy,
    }
    assert found == pytest.approx(expected, rel=1e-5)
    assert list(found) == list(expected)


def test_weights_count_in_the_objective_alone() -> None:
    judge, rows, model = two()
    weights = floats(np.where(rows.labels == 1, 5, 1))
    plain = judge.metrics(rows, model, Group())
    weighted = judge.metrics(Rows(rows.features, rows.labels, weights), model, Group())
    name = judge.task.objective
    assert weighted.pop(name) != pytest.approx(plain.pop(name), rel=1e-3)
    assert weighted == plain


def test_the_area_of_one_class_is_left_out() -> None:
    judge, rows, model = two()
    found = judge.metrics(Rows(rows.features, np.ones_like(rows.labels)), model, Group())
    assert "roc_auc_score" not in found
    assert found["recall"] > 0


def test_equal_scores_count_half() -> None:
    assert auc(floats([0.5, 0.7]), floats([0.5, 0.5])) == pytest.approx(0.75)
    assert np.isnan(auc(floats([]), floats([0.5])))


@pytest.mark.parametrize("kind", ["two", "numbers", "classes"])
def test_hosts_that_add_up_have_the_metrics_of_one(kind: str) -> None:
    judges = {
        "two": (two()[0], 1, DRAWN.integers(0, 2, 60)),
        "numbers": (Judge(NUMBERS, losses.of("squared_loss"), label_scale=3), 1, DRAWN.normal(size=60)),
        "classes": (Judge(CLASSES, losses.of("softmax_loss", num_classes=4)), 4, DRAWN.integers(0, 4, 60)),
    }
    judge, outputs, labels = judges[kind]
    rows, model = Rows(FEATURES, floats(labels)), columns(outputs)
    alone = judge.metrics(rows, model, Group())
    shares = [slice(0, 0), slice(0, 25), slice(25, 60)]  # the first host has no rows of the channel

    def host(rank: int, total: Total) -> dict[str, float]:
        share = Rows(rows.features[shares[rank]], rows.labels[shares[rank]])
        return judge.metrics(share, model, Group(len(shares), rank, rank == 0, total))

    for values in together(len(shares), host):
        assert values == pytest.approx(alone, rel=1e-6)
