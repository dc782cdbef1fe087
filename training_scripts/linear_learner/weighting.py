"""How much each row counts in training: classes that are rarer, or matter more, may weigh more."""

from __future__ import annotations

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner import texts
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.plan import Doubles
from training_scripts.linear_learner.task import Task


def counts(labels: Floats, task: Task, group: Group) -> Doubles:
    """Rows of each class (classes,) on all hosts."""
    return group.total(np.bincount(labels.astype(np.int64), minlength=task.classes).astype(np.float64))


def of_classes(values: Hyperparameters, task: Task, counted: Doubles) -> Doubles | None:
    """The weight of a row of each class (classes,); None where all weigh the same.

    positive_example_weight_mult `auto` is settled elsewhere, by trial; here it is 1.
    """
    if task.binary:
        weight = values.positive_example_weight_mult
        multiple = _balance(counted) if weight == texts.BALANCED else 1.0 if weight == texts.AUTO else float(weight)
        return of_positive(multiple)
    if values.balance_multiclass_weights and task.classes:
        # A class that train lacks weighs as a row does on the average: of it only other channels have rows.
        present = counted > 0
        return np.where(present, counted.sum() / (present.sum() * np.maximum(counted, 1)), 1.0)
    return None


def of_positive(multiple: float) -> Doubles | None:
    """Weights of two classes, (2,); None where they are the same."""
    return None if multiple == 1 else np.array([1.0, multiple])


def candidates(counted: Doubles) -> tuple[float, ...]:
    """Weights of class 1 worth a trial: none, that which balances the classes, and the middle between both."""
    balanced = _balance(counted)
    return tuple(dict.fromkeys((1.0, balanced**0.5, balanced)))


def of_rows(labels: Floats, weights: Doubles | None) -> Floats | None:
    """The weight of each row (rows,), by its class; None where all weigh the same."""
    return None if weights is None else weights.astype(np.float32)[labels.astype(np.int64)]


def _balance(counted: Doubles) -> float:
    """The weight of class 1 that gives both classes the same; 1 where one has no rows."""
    return float(counted[0] / counted[1]) if counted.all() else 1.0
