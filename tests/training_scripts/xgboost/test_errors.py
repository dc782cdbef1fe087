"""XGBoost's own messages, provoked from the library itself where it can be."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from contract.errors import AlgorithmError, PlatformError, UserError
from training_scripts.xgboost.errors import explain, explained

FEATURES = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
LABELS = (np.arange(30) % 5).astype(np.float32)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"objective": "binary:logitraw"}, "label must be in (0, 1) for logistic regression"),
        (
            {"objective": "multi:softmax", "num_class": 3},
            "label must be discrete values in the range of [0, num_class)",
        ),
        ({"objective": "binary:logistic", "base_score": 3}, "base_score must be in (0,1) for the logistic loss"),
        ({"objective": "reg:gamma", "base_score": 0}, "`base_score` must be greater than 0"),
        ({"lambda": -1}, "should be greater equal to 0"),
        ({"tree_method": "exact", "colsample_bynode": 0.5}, "column sample by node is not yet supported"),
        ({"monotone_constraints": "(1,0,1,1)"}, "The size of monotone constraint should be less or equal"),
    ],
)
def test_what_the_user_can_mend(parameters, says):
    with pytest.raises(UserError) as caught, explained():
        xgboost.train({"nthread": 1, **parameters}, xgboost.DMatrix(FEATURES, LABELS), 2)
    text = str(caught.value)
    assert says in text
    assert text.startswith("XGBoost does not accept the data or the hyperparameters: ")
    assert not any(noise in text for noise in ("\n", "/workspace", "Stack trace", "Check failed"))


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"objective": "multi:softprob", "num_class": 5, "eval_metric": "mae"}, "label and prediction size not match"),
        ({"eval_metric": "quantile"}, "quantile_alpha"),
        ({"objective": "reg:gamma", "eval_metric": "map"}, "map can only be used with binary labels"),
    ],
)
def test_metrics_that_do_not_fit_the_objective(parameters, says):
    matrix = xgboost.DMatrix(FEATURES, LABELS + ("gamma" in parameters.get("objective", "")))
    with pytest.raises(UserError, match=says), explained():
        xgboost.train({"nthread": 1, **parameters}, matrix, 2, evals=[(matrix, "train")], verbose_eval=False)


def test_negative_weights():
    with pytest.raises(UserError, match="Weights must be positive"), explained():
        xgboost.DMatrix(FEATURES, LABELS, weight=-LABELS - 1)


@pytest.mark.parametrize(
    "text",
    [
        "[01:02:03] /w/a.cc:1: Check failed: preds.size() == info.labels_.size() (1 vs. 2) : labels are not correct",
        "[01:02:03] /w/a.cc:1: Check failed: !auc: AUC: the dataset only contains pos or neg samples",
        "[01:02:03] /w/a.cc:1: label must be non-negative for Poisson/Tweedie regression.",
    ],
)
def test_messages_of_other_versions(text):
    assert isinstance(explain(text), UserError)


def test_a_lost_host_is_the_surroundings_fault():
    text = (
        "[08:10:56] /w/result.cc:83: [histogram.h:197|08:10:56]:\n\n"
        "- [allreduce.cc:135|08:10:56]: Ring Allreduce failed.\n"
        "- [socket.h:79|08:10:56]: Poll error\nStack trace:\n  [bt] (0) libxgboost.so"
    )
    error = explain(text)
    assert isinstance(error, PlatformError)
    assert str(error) == "the hosts of the job lost each other: Ring Allreduce failed. Poll error"


def test_anything_else_is_an_algorithm_error_with_its_cause_first():
    error = explain("[01:02:03] /w/a.cc:1: Check failed: a == b (1 vs. 2) : it is broken\nStack trace:\n  [bt] x")
    assert isinstance(error, AlgorithmError)
    assert str(error) == "XGB train call failed with exception: it is broken"
