"""A whole fit: the model is the right one, and is told as the built-in tells it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from contract.errors import UserError
from tests.training_scripts.linear_learner.conftest import BINARY, CLASSES, REGRESSOR

CRITERIA = (
    "accuracy",
    "f_beta",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "loss_function",
    "f1",
    "cross_entropy_loss",
)


def score(margins):
    return 1 / (1 + np.exp(-margins[:, 0]))


def test_least_squares_are_found_for_features_as_they_are(bench, numbers):
    rows = numbers()
    bench.rows("train", rows)
    fitted = bench.fit(REGRESSOR)
    design = np.column_stack([rows[:, 1:], np.ones(len(rows))])
    right, *_ = np.linalg.lstsq(design, rows[:, 0], rcond=None)
    weights, bias = bench.weights(fitted)
    np.testing.assert_allclose([*weights[0], *bias], right, rtol=2e-3)
    residuals = bench.margins(fitted, rows)[:, 0] - rows[:, 0]
    assert fitted.metrics["train-mse"] == pytest.approx(np.square(residuals).mean(), rel=1e-3)
    assert fitted.metrics["train-rmse"] == pytest.approx(np.square(residuals).mean() ** 0.5, rel=1e-3)
    assert fitted.metrics["train-absolute_loss"] == pytest.approx(np.abs(residuals).mean(), rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize(("given", "rows"), [(REGRESSOR, "numbers"), (BINARY, "two"), (CLASSES, "three")])
def test_every_optimizer_learns(bench, request, optimizer, given, rows):
    make = request.getfixturevalue(rows)
    bench.rows("train", make())
    bench.rows("validation", make(seed=1))
    fitted = bench.fit(given | {"optimizer": optimizer, "epochs": "15"})
    best = fitted.metrics
    if given is REGRESSOR:
        assert best["validation-mse"] < 0.5 * np.var(make(seed=1)[:, 0])
    elif given is BINARY:
        assert best["validation-roc_auc_score"] > 0.8
    else:
        assert best["validation-multiclass_accuracy"] > 0.8


@pytest.mark.parametrize(
    "loss", ["absolute_loss", "eps_insensitive_squared_loss", "eps_insensitive_absolute_loss", "huber_loss"]
)
def test_every_loss_of_numbers_learns(bench, numbers, loss):
    bench.rows("train", numbers())
    bench.rows("validation", numbers(seed=1))
    fitted = bench.fit(REGRESSOR | {"loss": loss, "epochs": "30"})
    assert fitted.metrics["validation-mse"] < 0.5 * np.var(numbers(seed=1)[:, 0])
    assert next(iter(fitted.metrics)) == f"validation-{loss}_objective"


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_a_quantile_has_its_share_of_labels_below(bench, numbers, quantile):
    rows = numbers(1000, noise=5)
    bench.rows("train", rows)
    given = REGRESSOR | {"loss": "quantile_loss", "quantile": str(quantile), "epochs": "60"}
    fitted = bench.fit(given | {"early_stopping_patience": "60"})
    below = (rows[:, 0] < bench.margins(fitted, rows)[:, 0]).mean()
    assert below == pytest.approx(quantile, abs=0.05)


@pytest.mark.parametrize("loss", ["logistic", "hinge_loss"])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_threshold_on_the_saved_models_scores_gives_the_metrics_told(bench, two, loss, criterion):
    bench.rows("train", two())
    rows = two(seed=1)
    bench.rows("validation", rows)
    fitted = bench.fit(BINARY | {"loss": loss, "binary_classifier_model_selection_criteria": criterion})
    margins = bench.margins(fitted, rows)
    scores = score(margins) if loss == "logistic" else margins[:, 0]
    predicted, truth = scores >= fitted.details["threshold"], rows[:, 0] == 1
    told = fitted.metrics
    assert told["validation-binary_classification_accuracy"] == pytest.approx((predicted == truth).mean(), abs=0.002)
    assert told["validation-recall"] == pytest.approx(predicted[truth].mean(), abs=0.004)
    assert told["validation-precision"] == pytest.approx(truth[predicted].mean(), abs=0.004)
    if criterion in ("loss_function", "cross_entropy_loss"):
        assert fitted.details["threshold"] == (0.5 if loss == "logistic" else 0)
    if criterion == "precision_at_target_recall":
        assert told["validation-recall"] >= 0.8
    if criterion == "recall_at_target_precision":
        assert told["validation-precision"] >= 0.8


def test_targets_are_heeded(bench, two):
    bench.rows("train", two())
    bench.rows("validation", two(seed=1))
    given = BINARY | {"binary_classifier_model_selection_criteria": "precision_at_target_recall"}
    told = bench.fit(given | {"target_recall": "0.97"}).metrics
    assert told["validation-recall"] >= 0.97


def test_positive_rows_may_weigh_more(bench, two):
    bench.rows("train", two(shift=-3))
    given = BINARY | {"binary_classifier_model_selection_criteria": "loss_function"}
    recalls = [
        bench.fit(given | {"positive_example_weight_mult": weight}).metrics["train-recall"]
        for weight in ("1.0", "balanced", "50")
    ]
    assert recalls[0] < recalls[1] < recalls[2]


def test_the_weight_that_auto_takes_is_told(bench, two, caplog):
    bench.rows("train", two(shift=-3))
    bench.rows("validation", two(seed=1, shift=-3))
    given = BINARY | {"binary_classifier_model_selection_criteria": "f_beta"}
    with caplog.at_level("INFO"):
        fitted = bench.fit(given | {"positive_example_weight_mult": "auto"})
    assert re.search(r"positive_example_weight_mult: auto is [\d.]+, the best of 1, [\d.]+, [\d.]+", caplog.text)
    assert fitted.metrics["validation-binary_f_1.000"] > 0.4


def test_classes_may_weigh_the_same(bench, three):
    rows = three(900)
    rows = rows[(rows[:, 0] != 2) | (np.arange(len(rows)) % 15 == 0)]
    bench.rows("train", rows)
    plain = bench.fit(CLASSES).metrics["train-macro_recall"]
    balanced = bench.fit(CLASSES | {"balance_multiclass_weights": "true"}).metrics["train-macro_recall"]
    assert balanced > plain


def test_without_a_bias_there_is_none(bench, numbers):
    bench.rows("train", numbers())
    for optimizer in ("auto", "adam"):
        fitted = bench.fit(REGRESSOR | {"use_bias": "false", "optimizer": optimizer})
        assert bench.weights(fitted)[1].tolist() == [0]


@pytest.mark.parametrize("normalize", ["true", "false"])
def test_a_constant_feature_does_no_harm(bench, two, normalize):
    rows = two()
    rows[:, 3] = 7
    bench.rows("train", rows)
    fitted = bench.fit(BINARY | {"normalize_data": normalize})
    assert np.isfinite(bench.weights(fitted)[0]).all()
    assert fitted.metrics["train-roc_auc_score"] > 0.8


def test_the_log_tells_what_the_built_in_tells(bench, two, caplog):
    bench.rows("train", two())
    with caplog.at_level("INFO"):
        fitted = bench.fit(BINARY | {"optimizer": "adam", "epochs": "3"})
        bench.saved(fitted, "model_algo-1")
    said = [record.getMessage() for record in caplog.records]
    order = [
        "Reading default configuration from /opt/sagemaker/default-input.json: {",
        "Merging with provided configuration from /opt/ml/input/config/hyperparameters.json: {",
        "Final configuration: {",
        "Checkpoint loading and saving are disabled.",
        "Scaling model computed with parameters: {'stdev_weight': [",
        "#quality_metric: host=algo-1, epoch=0, train binary_classification_cross_entropy_objective <loss>=",
        "#early_stopping_criteria_metric: host=algo-1, epoch=0, "
        "criteria=binary_classification_cross_entropy_objective, value=",
        "Epoch 0: Loss improved. Updating best model",
        "#progress_metric: host=algo-1, completed 33 % of epochs",
        "#throughput_metric: host=algo-1, train throughput=",
        "#train_score (algo-1) : ('binary_classification_cross_entropy_objective', ",
        "#train_score (algo-1) : ('binary_classification_accuracy', ",
        "#quality_metric: host=algo-1, train binary_classification_accuracy <score>=",
        "Best model found for hyperparameters: {",
        "Test data is not provided.",
        "Saving model for epoch: ",
        'Saved checkpoint to "',
    ]
    places = [next(place for place, line in enumerate(said) if line.startswith(start)) for start in order]
    assert places == sorted(places)


def test_a_test_channel_is_scored_by_the_final_model(bench, numbers, caplog):
    bench.rows("train", numbers())
    rows = numbers(seed=2)
    bench.rows("test", rows)
    with caplog.at_level("INFO"):
        fitted = bench.fit(REGRESSOR)
    residuals = bench.margins(fitted, rows)[:, 0] - rows[:, 0]
    assert fitted.metrics["test-mse"] == pytest.approx(np.square(residuals).mean(), rel=1e-3)
    assert "Test data is not provided" not in caplog.text


def test_what_does_nothing_is_warned_of(bench, numbers, caplog):
    bench.rows("train", numbers())
    bench.fit(REGRESSOR | {"quantile": "0.9"})
    assert "Hyperparameter 'quantile': no effect: it is for loss 'quantile_loss'" in caplog.text


@pytest.mark.parametrize(("given", "rows"), [(REGRESSOR, "numbers"), (BINARY, "two"), (CLASSES, "three")])
@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_equal_jobs_give_equal_bytes(bench, request, given, rows, optimizer):
    bench.rows("train", request.getfixturevalue(rows)())
    first, second = (bench.fit(given | {"optimizer": optimizer}) for _ in range(2))
    for name in ("model.safetensors", "model_algo-1"):
        assert bench.saved(first, name) == bench.saved(second, name)


def test_a_model_that_float32_cannot_hold_is_refused_before_it_is_told_of(bench, numbers, caplog):
    bench.rows("train", numbers() * [1e20, *[1e-20] * 3])
    with caplog.at_level("INFO"), pytest.raises(UserError, match=r"weight of the model .*e\+\d\d, beyond float32"):
        bench.fit(REGRESSOR)
    assert "epoch=0, train" in caplog.text
    assert "#train_score" not in caplog.text


def test_a_feature_too_small_for_float32_is_left_out(bench, numbers):
    rows = numbers() * [1, 1e-41, 1, 1]
    bench.rows("train", rows)
    weights, bias = bench.weights(bench.fit(REGRESSOR))
    assert np.isfinite(bias).all()
    assert weights[0, 0] == 0
    assert weights[0, 1] == pytest.approx(-0.1, abs=0.02)
