"""What the labels and weights of a channel must be for the objective, checked before training starts.

XGBoost would say most of this itself, without the row; some of it (a fractional class, an AUC of one class) it would
take in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Dataset, Floats, Sparse
from contract.errors import UserError
from training_scripts import row_checks
from training_scripts.logs import LOG
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.plan import Plan

_POSITIVE_OR_ZERO = "label must be non-negative"
_RULES: dict[str, tuple[Callable[[Floats], NDArray[np.bool_]], str]] = {
    "binary:logistic": (lambda y: (y >= 0) & (y <= 1), "label must be in [0,1] for logistic regression"),
    "binary:logitraw": (lambda y: (y >= 0) & (y <= 1), "label must be in [0,1] for logistic regression"),
    "reg:logistic": (lambda y: (y >= 0) & (y <= 1), "label must be in [0,1] for logistic regression"),
    "binary:hinge": (lambda y: (y == 0) | (y == 1), "label must be 0 or 1 for binary:hinge"),
    "count:poisson": (lambda y: y >= 0, f"{_POSITIVE_OR_ZERO} for count:poisson"),
    "reg:tweedie": (lambda y: y >= 0, f"{_POSITIVE_OR_ZERO} for reg:tweedie"),
    "reg:gamma": (lambda y: y > 0, "label must be positive for reg:gamma"),
    "reg:squaredlogerror": (lambda y: y > -1, "label must be greater than -1 for reg:squaredlogerror"),
    "rank:ndcg": (
        lambda y: (y >= 0) & (y <= 31) & (y == np.floor(y)),
        "label must be a whole number, 0 to 31, for rank:ndcg",
    ),
    "rank:map": (lambda y: (y == 0) | (y == 1), "label must be 0 or 1 for rank:map"),
    "rank:pairwise": (lambda y: y >= 0, f"{_POSITIVE_OR_ZERO} for rank:pairwise"),
    "survival:aft": (lambda y: y != 0, "label must be a time, negative where the row is censored, not 0"),
    "survival:cox": (lambda y: y != 0, "label must be a time, negative where the row is censored, not 0"),
}


def check(data: Dataset, channel: str, plan: Plan, *, alone: bool, before: int = 0) -> None:
    """Raise UserError, naming the row, for labels and weights that the plan's objective cannot be trained on.

    `alone`: no other host holds rows of the channel, so what these labels lack is lacking. `before`: rows of the
    channel already checked.
    """
    if data.labels is None:
        raise UserError("Got input data without labels. Please check the input data set.", where=f"channel '{channel}'")
    row_checks.check(data.labels, *_rule(plan), channel, before)
    if data.weights is not None:
        fits = (data.weights >= 0) & np.isfinite(data.weights)
        row_checks.check(
            data.weights, lambda _: fits, "the weight of a row must be a number, 0 and up", channel, before
        )
    if plan.objective.startswith("rank:"):
        _check_groups(data, channel)
    if alone and not before:
        check_variety(data.labels, channel, plan)


def check_variety(labels: Floats, channel: str, plan: Plan) -> None:
    """Raise UserError for an AUC of one class; warn of labels that leave nothing to learn."""
    if len(labels) == 0 or (labels != labels[0]).any():
        return
    asked = plan.parameters.get("eval_metric")
    curves = [name for name in asked if name.startswith("auc")] if isinstance(asked, list) else []
    if curves and plan.classes:
        raise UserError(
            f"metric {curves[0]!r} needs rows of more than one class, and every label is {labels[0]:g} "
            "(the dataset only contains pos or neg samples)",
            where=f"channel '{channel}'",
        )
    if channel == "train":
        LOG.warning("Every label of the train channel is %g: there is nothing to learn", labels[0])


def check_width(width: int, hyperparameters: Hyperparameters) -> None:
    """Raise UserError for hyperparameters that speak of other features than the `width` there are."""
    types, directions = hyperparameters.feature_types, hyperparameters.monotone_constraints
    if types is not None and len(types) != width:
        raise UserError(f"hyperparameter 'feature_types' has {len(types)} entries; the data has {width} features")
    # The features that a shorter list does not reach are free, which XGBoost takes for granted.
    if directions is not None and len(directions) > width:
        raise UserError(
            f"hyperparameter 'monotone_constraints' has {len(directions)} entries; the data has {width} features"
        )
    groups: Sequence[Sequence[int]] = hyperparameters.interaction_constraints or ()
    highest = max((feature for group in groups for feature in group), default=-1)
    if highest >= width:
        raise UserError(
            f"hyperparameter 'interaction_constraints' names feature {highest}; the data has {width} features, "
            "numbered from 0"
        )


def check_categories(data: Dataset, channel: str, hyperparameters: Hyperparameters, before: int = 0) -> None:
    """Raise UserError, naming the row, for a category that is no whole number from 0: XGBoost would take 1.5 for 1."""
    for feature, kind in enumerate(hyperparameters.feature_types or ()):
        if kind != "c" or feature >= data.width:
            continue
        rows, values = _column(data, feature)
        bad = np.flatnonzero((values < 0) | (values % 1 > 0))
        if len(bad):
            raise UserError(
                f"feature {feature} is a category, which must be a whole number, 0 and up; found {values[bad[0]]:g}",
                where=f"channel '{channel}', row {before + int(rows[bad[0]]) + 1}",
            )


def _column(data: Dataset, feature: int) -> tuple[NDArray[np.int64], Floats]:
    """(rows, values) of a feature's cells; of sparse data, of those that are stored."""
    if not isinstance(data.features, Sparse):
        return np.arange(data.rows), data.features[:, feature]
    cells = np.flatnonzero(data.features.columns == feature)
    return np.searchsorted(data.features.offsets, cells, "right") - 1, data.features.values[cells]


def _rule(plan: Plan) -> tuple[Callable[[Floats], NDArray[np.bool_]], str]:
    if plan.objective.startswith("multi:"):
        count = plan.classes
        text = f"label must be in [0, num_class), a whole number, and num_class is {count}"
        return lambda y: (y >= 0) & (y < count) & (y == np.floor(y)), text
    return _RULES.get(plan.objective, (np.isfinite, "label must be a finite number"))


def _check_groups(data: Dataset, channel: str) -> None:
    if data.groups is None:
        LOG.warning("Channel '%s' has no query ids (libsvm 'qid:'): all its rows are ranked as one query", channel)
        return
    falling = np.flatnonzero(np.diff(data.groups) < 0)
    if len(falling):
        raise UserError(
            "query ids must not fall from one row to the next; sort the rows by 'qid'",
            where=f"channel '{channel}', row {int(falling[0]) + 2}",
        )
