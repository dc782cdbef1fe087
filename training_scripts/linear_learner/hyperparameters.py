"""The hyperparameters of a job: those of SageMaker's Linear Learner, with its names, ranges and defaults.

Source: SageMaker developer guide, "Linear Learner Hyperparameters". What belongs together is checked in `rules`.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.hyperparameters import TUNING_OBJECTIVE, Tunable, hyperparameter
from training_scripts.linear_learner import rules, texts
from training_scripts.linear_learner.grid import MODELS
from training_scripts.linear_learner.optimizer_parameters import OptimizerParameters

MOST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Hyperparameters(OptimizerParameters):
    """What the user gave, typed; None where nothing, or `auto`, was given."""

    predictor_type: str = hyperparameter(choices=rules.PREDICTOR_TYPES, meaning="The task.")
    num_classes: int | None = hyperparameter(
        None,
        minimum=1,
        maximum=MOST,
        library_default="1",
        meaning="multiclass_classifier: the number of classes, 3 and up, which it requires; ignored for other tasks.",
    )
    feature_dim: int | None = hyperparameter(
        None, minimum=1, auto=True, meaning="The number of features; auto takes what the data has."
    )
    use_bias: bool = hyperparameter(
        True, tunable=Tunable(values=("true", "false")), meaning="Whether the model has an intercept."
    )
    loss: str = hyperparameter("auto", choices=rules.LOSSES, meaning="What is minimised; see the losses below.")
    binary_classifier_model_selection_criteria: str = hyperparameter(
        "accuracy",
        reads=texts.read_criteria,
        form=texts.CRITERIA_FORM,
        meaning="What the best parallel model, the best epoch and the threshold are chosen by. f1 is f_beta and "
        "cross_entropy_loss is loss_function.",
    )
    target_recall: float = hyperparameter(0.8, above=0, below=1, meaning="Of precision_at_target_recall.")
    target_precision: float = hyperparameter(0.8, above=0, below=1, meaning="Of recall_at_target_precision.")
    positive_example_weight_mult: str = hyperparameter(
        "1.0",
        above=0,
        reads=texts.read_weight,
        form=texts.WEIGHT_FORM,
        tunable=Tunable(1e-5, 1e5),
        meaning="The weight of rows of label 1, where those of label 0 weigh 1. balanced: both classes weigh as much; "
        "auto: chosen by trial.",
    )
    f_beta: float = hyperparameter(1.0, above=0, meaning="Beta of the F-score.")
    accuracy_top_k: int = hyperparameter(3, minimum=1, maximum=MOST, meaning="K of the top-k accuracy of classes.")
    balance_multiclass_weights: bool = hyperparameter(
        False, meaning="multiclass_classifier: rows weigh so that every class weighs as much."
    )
    num_models: int | None = hyperparameter(
        None,
        minimum=1,
        auto=True,
        meaning=f"Models trained side by side, the best of which is kept; auto: {MODELS}, in a tuning job 1.",
    )
    num_calibration_samples: int | None = hyperparameter(
        10_000_000, minimum=1, auto=True, meaning="Most rows that the threshold is chosen on."
    )
    margin: float = hyperparameter(1.0, minimum=0, meaning="Of hinge_loss.")
    quantile: float = hyperparameter(
        0.5, above=0, below=1, meaning="quantile_loss: the share of true values below the prediction."
    )
    loss_insensitivity: float = hyperparameter(
        0.01, above=0, meaning="eps_insensitive losses: errors up to this, in units of the scaled label, cost nothing."
    )
    huber_delta: float = hyperparameter(
        1.0, minimum=0, meaning="huber_loss: the error, in units of the scaled label, where the loss turns linear."
    )
    early_stopping_patience: int = hyperparameter(
        3, minimum=1, meaning="Epochs without improvement after which training ends."
    )
    early_stopping_tolerance: float = hyperparameter(
        0.001, above=0, meaning="A smaller improvement, relative to the best so far, is none."
    )
    tuning_objective_metric: str = hyperparameter(
        "", name=TUNING_OBJECTIVE, hidden=True, meaning="The metric that a tuning job optimises."
    )
    num_gpus: int | None = hyperparameter(None, name="_num_gpus", minimum=0, auto=True, hidden=True)
    num_kv_servers: int | None = hyperparameter(None, name="_num_kv_servers", minimum=0, auto=True, hidden=True)
    kvstore: str | None = hyperparameter(None, name="_kvstore", auto=True, hidden=True)
    log_level: str = hyperparameter(
        "info", name="_log_level", choices=("debug", "info", "warning", "error", "critical"), hidden=True
    )
    enable_profiler: bool = hyperparameter(False, name="_enable_profiler", hidden=True)

    def check(self) -> None:
        """Raise UserError for values that do not go together."""
        rules.check(self)

    @property
    def models(self) -> int:
        """Parallel models: a tuning job's other trainings explore in their stead."""
        if self.tuning_objective_metric:
            return 1
        return self.num_models or MODELS

    @property
    def calibration_rows(self) -> int:
        return self.num_calibration_samples or MOST * 10
