"""A trained model, told for the report: Summary, and what the serving half needs to know of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from contract.dataset import Dataset, Floats, Sparse
from contract.hyperparameters import given
from training_scripts import outcome as shown
from training_scripts.outcome import channel_summary as channel_summary
from training_scripts.summary import ChannelSummary, Confusion, Residuals, Summary
from training_scripts.xgboost import metrics
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.matrix import blocks_of
from training_scripts.xgboost.metric_definitions import direction
from training_scripts.xgboost.plan import Plan
from training_scripts.xgboost.rounds import Trained

LIBRARIES = {"xgboost": xgboost.__version__, "numpy": np.__version__}


def summary(
    plan: Plan,
    trained: Trained,
    hyperparameters: Hyperparameters,
    channels: Sequence[ChannelSummary],
    seconds: Mapping[str, float],
    names: Sequence[str] | None,
    outcome: Confusion | Residuals | None,
    history: Mapping[str, Sequence[float]],
    metrics: Mapping[str, float],
) -> Summary:
    """Everything the report shows of a fit. `names` are the features', where the data named them."""
    kind, shares = importances(trained.booster, plan, names)
    return Summary(
        title=f"XGBoost, {plan.objective}",
        history=history,
        directions={name: direction(name) for name in {key.partition("-")[2] for key in history}},
        best_round=trained.progress.best_round,
        metrics=metrics,
        importances=shares,
        importance_kind=kind,
        confusion=outcome if isinstance(outcome, Confusion) else None,
        residuals=outcome if isinstance(outcome, Residuals) else None,
        channels=channels,
        hyperparameters=given(hyperparameters),
        seconds=seconds,
        libraries=LIBRARIES,
    )


def final_metrics(trained: Trained) -> dict[str, float]:
    """Every metric of the round that the saved model ends with."""
    last = trained.rounds - 1
    return {name: values[last] for name, values in trained.progress.history.items() if last < len(values)}


def missing_share(data: Dataset) -> float | None:
    """The share of cells without a value; None for sparse data, where what is not stored is mostly meant to be 0."""
    if isinstance(data.features, Sparse) or not data.features.size:
        return None
    array = data.features
    # A sum is NaN where any of its cells is: most blocks are dismissed by one fast pass without a temporary.
    missing = sum(int(np.isnan(array[part]).sum()) for part in blocks_of(data.rows) if np.isnan(array[part].sum()))
    return missing / array.size


def importances(booster: xgboost.Booster, plan: Plan, names: Sequence[str] | None) -> tuple[str, dict[str, float]]:
    """(kind, feature -> importance): gain of the splits, for a linear booster the size of the weights."""
    kind = "weight" if plan.booster == "gblinear" else "gain"
    scores = booster.get_score(importance_type=kind)
    sizes = {key: float(np.abs(np.asarray(value)).sum()) for key, value in scores.items()}
    return kind, {names[int(key[1:])] if names else key: value for key, value in sizes.items()}


def outcome(
    booster: xgboost.Booster, matrix: xgboost.DMatrix, channel: str, plan: Plan
) -> Confusion | Residuals | None:
    """The model's hits and misses on the rows of a channel; None for a task that has neither classes nor one number."""
    predicted = metrics.predicted_classes(booster, matrix) if plan.classes else booster.predict(matrix)
    return outcome_of(matrix.get_label(), predicted, channel, plan)


def outcome_of(truth: Floats, predicted: NDArray[Any], channel: str, plan: Plan) -> Confusion | Residuals | None:
    """The same from predictions, (rows,) classes or numbers."""
    if plan.classes:
        return shown.of_classes(metrics.true_classes(truth, plan.classes), predicted, channel, plan.classes)
    if predicted.ndim > 1 or plan.objective.startswith(("rank:", "survival:")):
        return None
    return shown.of_numbers(truth, predicted, channel)


def details(plan: Plan, trained: Trained, hyperparameters: Hyperparameters) -> dict[str, object]:
    """What the serving half is told beside the model itself."""
    learner = json.loads(trained.booster.save_config())["learner"]["learner_model_param"]
    base = json.loads(learner["base_score"].lower().replace("e", "E"))
    return {
        "objective": str(plan.parameters.get("objective", plan.objective)),
        "booster": plan.booster,
        "num_class": plan.classes if plan.objective.startswith("multi:") else 0,
        "base_score": base if isinstance(base, list) else [base],
        "best_iteration": trained.progress.best_round,
        "rounds": trained.rounds,
        "outputs": max(1, int(learner["num_target"]), int(learner["num_class"])),
        "feature_types": list(hyperparameters.feature_types) if hyperparameters.feature_types else None,
    }
