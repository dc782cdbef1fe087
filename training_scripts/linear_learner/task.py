"""What is to be learnt: the task, its loss, and how its numbers are called in the log."""

from __future__ import annotations

from dataclasses import dataclass

from contract.linear_tasks import BINARY, MULTICLASS, REGRESSOR
from training_scripts.linear_learner import rules, texts
from training_scripts.linear_learner.hyperparameters import Hyperparameters

OBJECTIVES = {
    "squared_loss": "mse_objective",
    "logistic": "binary_classification_cross_entropy_objective",
    "softmax_loss": "multiclass_cross_entropy_objective",
}
"""How the built-in calls a loss; the others by their own name."""
_OF_SQUARES = ("squared_loss", "eps_insensitive_squared_loss")


@dataclass(frozen=True)
class Task:
    """`classes`: 0 for a regression. `outputs`: numbers that the model predicts of a row."""

    predictor_type: str
    loss: str
    classes: int = 0
    criterion: str = texts.LOSS
    """What models are compared by: for a binary classifier binary_classifier_model_selection_criteria."""

    @property
    def outputs(self) -> int:
        return self.classes if self.predictor_type == MULTICLASS else 1

    @property
    def binary(self) -> bool:
        return self.predictor_type == BINARY

    @property
    def objective(self) -> str:
        """The name of the loss in the log lines: `mse_objective`."""
        return OBJECTIVES.get(self.loss, f"{self.loss.removesuffix('_loss')}_loss_objective")

    @property
    def criterion_name(self) -> str:
        """The name of what early stopping watches on the validation channel."""
        return self.objective if self.criterion == texts.LOSS else f"sampled_{self.criterion}"

    @property
    def natural_threshold(self) -> float:
        """The score that parts the classes by the loss itself: a probability of a half, a margin of 0."""
        return 0.5 if self.loss == "logistic" else 0.0

    def unit(self, deviation: float) -> float:
        """What a loss of scaled labels is multiplied by to be one of the labels as they are; `deviation` is theirs."""
        return deviation**2 if self.loss in _OF_SQUARES else deviation


def task_of(values: Hyperparameters) -> Task:
    """The task of a job."""
    classes = {REGRESSOR: 0, BINARY: 2, MULTICLASS: values.num_classes or 0}
    binary = values.predictor_type == BINARY
    return Task(
        predictor_type=values.predictor_type,
        loss=rules.loss_of(values),
        classes=classes[values.predictor_type],
        criterion=values.binary_classifier_model_selection_criteria if binary else texts.LOSS,
    )
