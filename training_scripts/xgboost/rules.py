"""Which hyperparameters go together. `values` holds the given ones, typed, by SageMaker's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.errors import UserError, show

DEFAULT_OBJECTIVE = "reg:squarederror"
REMOVED = "Accepted without effect: XGBoost 3 has no such parameter."
OF_DART = ("sample_type", "normalize_type", "rate_drop", "one_drop", "skip_drop")

_METRIC_OBJECTIVES = {
    "auc": ("binary:", "multi:", "rank:", "reg:logistic"),
    "merror": ("multi:",),
    "mlogloss": ("multi:",),
    "aft-nloglik": ("survival:aft",),
    "interval-regression-accuracy": ("survival:aft",),
}
_INSTEAD_FOR_MULTI = {
    "error": "merror",
    "logloss": "mlogloss",
    "f1_binary": "f1_macro",
    "precision": "precision_macro",
    "recall": "recall_macro",
}
_TREE_METHODS = {
    "monotone_constraints": ("auto", "exact", "hist", "gpu_hist"),
    "interaction_constraints": ("auto", "exact", "approx", "hist", "gpu_hist"),
}
_LINEAR_UPDATERS = ("shotgun", "coord_descent")


def check(values: Mapping[str, Any], metrics: list[str]) -> None:
    """Raise UserError for values that do not go together; `metrics` are those of every round."""
    _check_mode(values)
    _check_device(values)
    _check_objective(values)
    for metric in metrics:
        _check_metric(metric, values.get("objective"))
    _check_trees(values)
    _check_updater(values)
    _check_categories(values)


def _check_mode(values: Mapping[str, Any]) -> None:
    if "sagemaker_program" in values:
        problem = "asks for script mode, and this image runs no scripts, only its algorithm; scripts run in SageMaker's"
        images = "framework images, such as sagemaker-xgboost, sagemaker-scikit-learn or pytorch-training"
        raise _bad("sagemaker_program", values["sagemaker_program"], f"{problem} {images}")


def _check_device(values: Mapping[str, Any]) -> None:
    """A job that asks for a GPU must never train on the CPU without a word, as XGBoost itself would."""
    asked = {"device": "cuda", "tree_method": "gpu_hist", "predictor": "gpu_predictor", "use_dask_gpu_training": True}
    for name, value in asked.items():
        if values.get(name) == value and not _has_gpu_build():
            way_out = "leave it out to train on the CPU (tree_method 'hist' gives trees of the same kind)"
            if name == "tree_method":
                way_out = "use 'hist' to train trees of the same kind on the CPU"
            raise _bad(name, value, f"needs a GPU build of XGBoost, and this is a CPU image; {way_out}")


def _has_gpu_build() -> bool:
    import xgboost  # only a job that asks for a GPU pays for this import here

    return bool(xgboost.build_info().get("USE_CUDA"))


def _check_objective(values: Mapping[str, Any]) -> None:
    objective = values.get("objective", DEFAULT_OBJECTIVE)
    if objective.startswith("multi:") and "num_class" not in values:
        raise _bad("objective", objective, "needs 'num_class', the number of classes")
    if "num_class" in values and not objective.startswith("multi:"):
        raise _bad(
            "num_class", values["num_class"], f"is for the objectives multi:softmax and multi:softprob, not {objective}"
        )
    if objective == "reg:quantileerror" and "quantile_alpha" not in values:
        raise _bad("objective", objective, "needs 'quantile_alpha', one or more quantiles such as '0.1,0.5,0.9'")


def _check_metric(metric: str, objective: str | None) -> None:
    name, task = metric.partition("@")[0], objective or DEFAULT_OBJECTIVE
    it_is = f"it is {task}" if objective else f"none is given, so it is {task}"
    accepted = _METRIC_OBJECTIVES.get(name)
    if accepted and not task.startswith(accepted):
        kinds = ", ".join(kind + "*" if kind.endswith(":") else kind for kind in accepted)
        raise _bad("eval_metric", metric, f"needs one of the objectives {kinds}; {it_is}")
    if task.startswith("multi:") and name in _INSTEAD_FOR_MULTI:
        raise _bad("eval_metric", metric, f"is for two classes; for {task} use {_INSTEAD_FOR_MULTI[name]!r}")


def _check_trees(values: Mapping[str, Any]) -> None:
    method = values.get("tree_method", "auto")
    for name, methods in _TREE_METHODS.items():
        if name in values and (method not in methods or values.get("booster") == "gblinear"):
            raise _bad(name, values[name], f"needs trees of tree_method {' or '.join(methods[1:-1])}")
    if method == "exact" and values.get("max_depth") == 0:
        raise _bad("max_depth", 0, "is no limit, which tree_method 'exact' does not have; use 'hist'")
    if method == "exact" and values.get("sampling_method") == "gradient_based":
        raise _bad("sampling_method", "gradient_based", "is not for tree_method 'exact'; use 'hist'")
    if method in ("exact", "approx") and values.get("multi_strategy") == "multi_output_tree":
        raise _bad("multi_strategy", "multi_output_tree", f"is not for tree_method {method!r}; use 'hist'")
    if values.get("process_type") == "update":
        raise _bad("process_type", "update", "changes the trees of an existing model, and a job starts with none")


def _check_updater(values: Mapping[str, Any]) -> None:
    steps = values.get("updater")
    if steps is None:
        return
    text = ",".join(steps)
    if values.get("booster") == "gblinear":
        if len(steps) != 1 or steps[0] not in _LINEAR_UPDATERS:
            raise _bad("updater", text, "is not for booster 'gblinear', which takes 'shotgun' or 'coord_descent' alone")
        return
    if any(step in _LINEAR_UPDATERS for step in steps):
        raise _bad("updater", text, f"builds no trees: {' and '.join(_LINEAR_UPDATERS)} are for booster 'gblinear'")
    growing = [step for step in steps if step.startswith("grow_")]
    if len(growing) > 1:
        raise _bad("updater", text, f"grows trees twice; keep one of {' and '.join(growing)}")
    if not steps[0].startswith("grow_"):
        raise _bad(
            "updater", text, "does not grow a tree first; begin with 'grow_quantile_histmaker' or 'grow_colmaker'"
        )


def _check_categories(values: Mapping[str, Any]) -> None:
    types = values.get("feature_types", ())
    if values.get("enable_categorical") and "c" not in types:
        raise _bad("enable_categorical", True, "needs 'feature_types' to say which features are categories ('c')")
    if "c" in types and not values.get("enable_categorical"):
        raise _bad("feature_types", ",".join(types), "holds categories ('c'), which need enable_categorical 'true'")
    if "c" in types and (values.get("tree_method") == "exact" or values.get("booster") == "gblinear"):
        raise _bad("feature_types", ",".join(types), "holds categories ('c'), which need trees of tree_method 'hist'")


def _bad(name: str, value: object, problem: str) -> UserError:
    shown = value if isinstance(value, str) else str(value).lower()
    return UserError(f"hyperparameter {name!r}: {show(shown)} {problem}", code="bad_hyperparameter")
