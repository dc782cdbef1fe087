"""The metrics of a job, their direction, and the regular expressions by which SageMaker finds them in the log.

Source: the definitions that the service registers for its Linear Learner, as a tuning job's description shows them; the
later ones (roc_auc_score, rmse, and those of classes on train) in the same form.
"""

from __future__ import annotations

from contract.metric import Direction, Metric
from training_scripts import builtin_metrics

CHANNELS = ("train", "validation", "test")
_LINE = r"#quality_metric: host=\S+"
_LOSSES: dict[str, str] = {"mse": "mse", "absolute_loss": "absolute_loss"}
_SCORES: dict[str, str] = {
    "binary_classification_accuracy": "binary_classification_accuracy",
    "binary_f_beta": r"binary_f_\S+",
    "precision": "precision",
    "recall": "recall",
}
_SCORES_OF_CLASSES: dict[str, str] = {
    "multiclass_accuracy": "multiclass_accuracy",
    "multiclass_top_k_accuracy": r"multiclass_top_k_accuracy_\S+",
    "dcg": "dcg",
    "macro_recall": "macro_recall",
    "macro_precision": "macro_precision",
    "macro_f_beta": r"macro_f_\S+",
}
"""Name -> how it stands in a line. Of classes the service registers nothing on train."""
_MEANINGS = {
    "objective_loss": "the loss",
    "mse": "mean squared error",
    "rmse": "its root",
    "absolute_loss": "mean absolute error",
    "binary_classification_accuracy": "share of rows whose class is predicted right",
    "binary_f_beta": "F-score of label 1",
    "precision": "share of rows predicted 1 that are 1",
    "recall": "share of rows that are 1 predicted 1",
    "roc_auc_score": "area under the ROC curve",
    "multiclass_accuracy": "share of rows whose class is predicted right",
    "multiclass_top_k_accuracy": "share of rows whose class is among the k likeliest",
    "dcg": "mean discounted gain of the true class in the ranking of classes",
    "macro_recall": "mean recall of the classes",
    "macro_precision": "mean precision of the classes",
    "macro_f_beta": "mean F-score of the classes",
}


def _metric(channel: str, name: str, stem: str, kind: str) -> Metric:
    return Metric(
        name=f"{channel}:{name}",
        regex=rf"{_LINE}, {channel} {stem} <{kind}>=(\S+)",
        direction=_direction(kind),
        meaning=f"{_MEANINGS[name]}, of the final model on the {channel} channel",
        objective=channel != "train",
    )


def _direction(kind: str) -> Direction:
    return "Minimize" if kind == "loss" else "Maximize"


def _of_epochs(channel: str) -> Metric:
    return Metric(
        name=f"{channel}:objective_loss",
        regex=rf"{_LINE}, epoch=\S+, {channel} \S+_objective <loss>=(\S+)",
        direction="Minimize",
        meaning=f"the loss on the {channel} channel, after every epoch",
        objective=channel == "validation",
    )


def _final(channel: str) -> Metric:
    # On train and validation every epoch has a line of its own; on test there is but the final one.
    name = "objective_loss" if channel == "test" else "objective_loss:final"
    return Metric(
        name=f"{channel}:{name}",
        regex=rf"{_LINE}, {channel} \S+_objective <loss>=(\S+)",
        direction="Minimize",
        meaning=f"the loss of the final model on the {channel} channel",
        objective=channel == "test",
    )


METRICS: tuple[Metric, ...] = (
    *builtin_metrics.METRICS,
    *(_of_epochs(channel) for channel in CHANNELS[:2]),
    *(_final(channel) for channel in CHANNELS),
    *(_metric(channel, name, stem, "loss") for name, stem in _LOSSES.items() for channel in CHANNELS),
    *(_metric(channel, name, stem, "score") for name, stem in _SCORES.items() for channel in CHANNELS),
    *(_metric(channel, name, stem, "score") for name, stem in _SCORES_OF_CLASSES.items() for channel in CHANNELS[1:]),
    *(_metric(channel, "roc_auc_score", "roc_auc_score", "score") for channel in CHANNELS[1:]),
    _metric("validation", "rmse", "rmse", "loss"),
)
"""At most 40 fit in a CreateAlgorithm request: those that the service registers come first."""
