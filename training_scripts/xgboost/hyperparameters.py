"""The hyperparameters of a job: the library's, and those that our own code reads.

They are those of SageMaker's XGBoost image, with its names and ranges (the developer guide's "XGBoost
hyperparameters"), and a few of ours. What belongs together is checked in `rules`.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from contract.hyperparameters import TUNING_OBJECTIVE, Tunable, declared, given, hyperparameter
from training_scripts.xgboost import rules, texts
from training_scripts.xgboost.library_parameters import LibraryParameters

_removed = functools.partial(hyperparameter, None, meaning=rules.REMOVED)


@dataclass(frozen=True, kw_only=True)
class Hyperparameters(LibraryParameters):
    """What the user gave, typed; None where nothing was given."""

    num_round: int = hyperparameter(minimum=1, tunable=Tunable(1, 4000), meaning="Rounds of boosting.")
    csv_weights: bool | None = hyperparameter(
        None, library_default="0", meaning="The second column of csv data is the weight of the row."
    )
    early_stopping_rounds: int | None = hyperparameter(
        None,
        minimum=1,
        meaning="Stop when the last eval_metric, or else XGBoost's own for the objective, has not improved on the "
        "validation channel for so many rounds; the best round is kept.",
    )
    eval_metric: tuple[str, ...] | None = hyperparameter(
        None,
        reads=texts.read_metrics,
        form=texts.METRICS_FORM,
        library_default="by objective",
        meaning="Metrics after every round.",
    )
    save_model_on_termination: bool | None = hyperparameter(
        None,
        library_default="false",
        meaning="Accepted. A stopped job saves the model it has got so far in any case.",
    )
    use_dask_gpu_training: bool | None = hyperparameter(
        None, library_default="false", meaning="Several GPUs; true needs an image with a GPU build of XGBoost."
    )
    enable_categorical: bool | None = hyperparameter(
        None, library_default="false", ours=True, meaning="Train on categories; feature_types says which they are."
    )
    feature_types: tuple[str, ...] | None = hyperparameter(
        None,
        reads=texts.read_types,
        form=texts.TYPES_FORM,
        ours=True,
        meaning="Which features are categories, given as whole numbers from 0; needs enable_categorical.",
    )
    external_memory: bool = hyperparameter(
        False, ours=True, meaning="Keep the data on disk while training: memory stays flat in rows, time grows."
    )
    checkpoint_rounds: int = hyperparameter(
        10, minimum=1, ours=True, meaning="Rounds between checkpoints, where the job has a CheckpointConfig."
    )
    sketch_eps: float | None = _removed(above=0, below=1)
    dsplit: str | None = _removed(choices=("row", "col"))
    predictor: str | None = _removed(choices=("auto", "cpu_predictor", "gpu_predictor"))
    lambda_bias: float | None = _removed(minimum=0, maximum=1)
    deterministic_histogram: bool | None = _removed()
    prob_buffer_row: int | None = _removed(above=1)
    single_precision_histogram: bool | None = _removed()
    silent: bool | None = _removed()
    kfold: int | None = hyperparameter(
        None, name="_kfold", minimum=2, hidden=True, meaning="Folds of cross-validation over all the data."
    )
    num_cv_round: int | None = hyperparameter(
        None, name="_num_cv_round", minimum=1, hidden=True, meaning="Repetitions of the cross-validation."
    )
    tuning_objective_metric: str | None = hyperparameter(
        None,
        name=TUNING_OBJECTIVE,
        reads=texts.read_tuning_objective,
        form="a metric such as 'validation:rmse'",
        hidden=True,
        meaning="The metric that a tuning job optimises.",
    )
    sagemaker_program: str | None = hyperparameter(None, hidden=True, meaning="The script of script mode.")

    def check(self) -> None:
        """Raise UserError for values that do not go together."""
        rules.check(given(self), self.metrics())

    def metrics(self) -> list[str]:
        """The metrics of every round; empty where none is named, so that XGBoost's own for the objective holds."""
        named = list(self.eval_metric or ())
        if self.tuning_objective_metric is None:
            return named
        return sorted({*named, self.tuning_objective_metric})

    def without_effect(self) -> dict[str, str]:
        """Name -> reason of every given hyperparameter that changes nothing; worth a warning each."""
        values = given(self)
        reasons = {item.name: item.meaning for item in declared(type(self)) if item.meaning == rules.REMOVED}
        if self.booster != "dart":
            reasons |= dict.fromkeys(rules.OF_DART, "Accepted without effect: it is for booster 'dart'.")
        return {name: reason for name, reason in reasons.items() if name in values}

    def library_parameters(self) -> dict[str, object]:
        """What to pass to `xgboost.train`, metrics apart: only what the user gave, under XGBoost's own names."""
        names = {item.name for item in declared(LibraryParameters)} - self.without_effect().keys()
        parameters = {name: _plain(value) for name, value in given(self).items() if name in names}
        if self.tree_method == "gpu_hist":
            parameters |= {"tree_method": "hist", "device": "cuda"}
        return parameters


def _plain(value: Any) -> object:
    """In a form that XGBoost takes: 1, `hist`, `grow_colmaker,prune`, `(0,1,-1)`, `[[0,1],[2]]`, `[0.1,0.9]`."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, tuple):
        return value
    if isinstance(value[0], str):
        return ",".join(value)
    text = json.dumps(value, separators=(",", ":"))
    return f"({text[1:-1]})" if isinstance(value[0], int) else text
