"""positive_example_weight_mult=auto: short trainings with a few weights, on some of the rows, tell which is best."""

from __future__ import annotations

from contract.dataset import Floats
from training_scripts.linear_learner import scoring, solver, texts, thresholds, weighting
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.plan import Doubles, Plan
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.thresholds import Criterion
from training_scripts.logs import LOG

ROWS = 20_000
"""Of a host that a trial is trained and measured on."""
EPOCHS = 5
"""Of a trial."""


def weights(
    plan: Plan,
    criterion: Criterion,
    judge: Judge,
    train: Rows,
    validation: Rows | None,
    hosts: Group,
    counted: Doubles,
) -> Doubles | None:
    """The weights of the classes (2,) with which a model does best on validation rows, else on those of train, by the
    criterion that models are selected by; None where weights gain nothing. `plan` is of one model and few epochs."""
    few = scoring.sample(train, ROWS)
    measured = few if validation is None else scoring.sample(validation, ROWS)
    worth: dict[float, float] = {}
    for multiple in weighting.candidates(counted):
        of_classes = weighting.of_positive(multiple)
        made = solver.make(plan, few.features, few.labels, weighting.of_rows(few.labels, of_classes), hosts.add)
        for _ in range(plan.epochs):
            if made.epoch().finished:
                break
        worth[multiple] = _worth(criterion, judge, measured, scoring.columns_of(*made.weights()), hosts)
    best = max(worth, key=lambda multiple: worth[multiple])
    if hosts.leads:
        LOG.info(
            "positive_example_weight_mult: auto is %.6g, the best of %s", best, ", ".join(f"{m:.6g}" for m in worth)
        )
    return weighting.of_positive(best)


def _worth(criterion: Criterion, judge: Judge, rows: Rows, columns: Floats, hosts: Group) -> float:
    """How good a model is by the criterion; less loss is better."""
    if judge.task.criterion == texts.LOSS:
        return -float(scoring.mean_losses(rows, columns, judge.loss, hosts)[0])
    scores = hosts.gathered(scoring.all_scores(rows, columns, judge.loss)[:, 0])
    labels = hosts.gathered(rows.labels)
    return thresholds.value(scores, labels, criterion)
