"""positive_example_weight_mult=auto: short trainings with a few weights, on some of the rows, tell which is best."""

from __future__ import annotations

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
    if judge.task.criterion == texts.LOSS:
        # The loss counts all rows alike: no weight gains what training without one does not have.
        if hosts.leads:
            LOG.info("positive_example_weight_mult: auto is 1, by which the loss without weights is least")
        return None
    few = scoring.sample(train, ROWS)
    measured = few if validation is None else scoring.sample(validation, ROWS)
    worth: dict[float, float] = {}
    for multiple in weighting.candidates(counted):
        of_classes = weighting.of_positive(multiple)
        made = solver.make(plan, few.features, few.labels, weighting.of_rows(few.labels, of_classes), hosts.add)
        for _ in range(plan.epochs):
            if made.epoch().finished:
                break
        scores = scoring.all_scores(measured, scoring.columns_of(*made.weights()), judge.loss)[:, 0]
        worth[multiple] = thresholds.value(hosts.gathered(scores), hosts.gathered(measured.labels), criterion)
    best = max(worth, key=lambda multiple: worth[multiple])
    if hosts.leads:
        LOG.info(
            "positive_example_weight_mult: auto is %.6g, the best of %s", best, ", ".join(f"{m:.6g}" for m in worth)
        )
    return weighting.of_positive(best)
