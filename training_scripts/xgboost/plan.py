"""What a fit will do, settled before any data is read: the library's parameters, metrics, early stopping, segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from training_scripts.logs import LOG
from training_scripts.xgboost import metrics
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.rules import DEFAULT_OBJECTIVE

_SHARES = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode")


@dataclass(frozen=True)
class Stopping:
    """Early stopping: the metric that is watched on the validation channel (None: XGBoost's own for the objective), and
    how many rounds it may go without a best."""

    metric: str | None
    patience: int

    def watched(self, names: Iterable[str]) -> str:
        """Which of the `names` of a round's metrics is the one: "validation-auc"."""
        if self.metric is not None:
            return f"validation-{self.metric}"
        return [name for name in names if name.startswith("validation-")][-1]


@dataclass(frozen=True)
class Plan:
    """`parameters` go to XGBoost as they are; `metrics` are those computed by our own `metrics` module."""

    parameters: Mapping[str, object]
    objective: str
    classes: int
    """Classes of a classification, 0 for every other task."""
    metrics: tuple[str, ...]
    rounds: int
    stopping: Stopping | None
    segment: int
    """Rounds between checkpoints."""

    @property
    def booster(self) -> str:
        return str(self.parameters.get("booster", "gbtree"))

    @property
    def threads(self) -> int:
        return int(str(self.parameters["nthread"]))

    @property
    def random(self) -> bool:
        """Whether training draws random numbers, so that only the first round of a segment can be resumed."""
        sampled = any(self.parameters.get(name, 1) != 1 for name in _SHARES)
        return sampled or self.booster == "dart"

    @property
    def sliceable(self) -> bool:
        """Whether an earlier round's model can be cut out of a later one: dart changes the weights of old trees, and a
        linear model has no trees."""
        return self.booster == "gbtree"


def plan(hyperparameters: Hyperparameters, cpus: int, *, validated: bool, checkpointed: bool) -> Plan:
    """The plan of a job with `cpus` CPUs. Raises UserError for metrics that the objective has not.

    With checkpoints the linear booster's `shotgun` runs on one thread: several race, and no run is like another.
    """
    objective = hyperparameters.objective or DEFAULT_OBJECTIVE
    named = hyperparameters.metrics()
    ours = tuple(name for name in named if name in metrics.OURS)
    parameters = hyperparameters.library_parameters() | {"nthread": hyperparameters.nthread or cpus}
    if objective == "reg:linear":
        parameters["objective"] = "reg:squarederror"  # its name since XGBoost 0.83
    if native := [name for name in named if name not in ours]:
        parameters["eval_metric"] = native
    elif ours:
        parameters["disable_default_eval_metric"] = 1
    if checkpointed and parameters.get("booster") == "gblinear" and parameters.get("updater", "shotgun") == "shotgun":
        parameters["nthread"] = 1
    classes = _classes(objective, hyperparameters.num_class)
    metrics.check(ours, classes, several=_several(hyperparameters, objective))
    return Plan(
        parameters=parameters,
        objective=objective,
        classes=classes,
        metrics=ours,
        rounds=hyperparameters.num_round,
        stopping=_stopping(hyperparameters, named, validated=validated),
        segment=hyperparameters.checkpoint_rounds,
    )


def _classes(objective: str, num_class: int | None) -> int:
    if objective.startswith("multi:"):
        return num_class or 0
    return 2 if objective.startswith("binary:") or objective == "reg:logistic" else 0


def _several(hyperparameters: Hyperparameters, objective: str) -> str:
    """What the model predicts of each row, where it is more than one number."""
    if objective == "multi:softprob":
        return "a probability of each class"
    if objective == "reg:quantileerror" and len(hyperparameters.quantile_alpha or ()) > 1:
        return "several quantiles"
    return ""


def _stopping(hyperparameters: Hyperparameters, named: list[str], *, validated: bool) -> Stopping | None:
    """On the tuning job's metric, else on the last of eval_metric, else on XGBoost's own."""
    patience = hyperparameters.early_stopping_rounds
    if patience is None:
        return None
    if not validated:
        LOG.warning("Hyperparameter 'early_stopping_rounds': no effect without a 'validation' channel to watch")
        return None
    return Stopping(hyperparameters.tuning_objective_metric or (named[-1] if named else None), patience)
