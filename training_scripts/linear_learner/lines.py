"""The log lines of the built-in, to the character: SageMaker's metric definitions and users' scripts read them.

Source: logs of public training jobs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from training_scripts import builtin_metrics
from training_scripts.builtin_metrics import Measured
from training_scripts.linear_learner.grid import Setting
from training_scripts.linear_learner.scaler import Scaling
from training_scripts.logs import LOG

ALGORITHM = "Linear Learner"
_SHOWN = 8
"""Features whose scaling is printed."""


def number(value: float) -> str:
    """Twelve digits, as Python 2 wrote a float: `0.943377806704`, `1.0`, `1e-05`."""
    text = f"{value:.12g}"
    return text if set(text) & set(".en") else f"{text}.0"


def of_epoch(host: str, epoch: int, channel: str, objective: str, loss: float) -> None:
    """`#quality_metric: host=algo-1, epoch=0, train mse_objective <loss>=0.5`."""
    LOG.info("#quality_metric: host=%s, epoch=%d, %s %s <loss>=%s", host, epoch, channel, objective, number(loss))


def criterion(host: str, epoch: int, name: str, value: float) -> None:
    """What early stopping looked at, of the best of the models."""
    LOG.info(
        "#early_stopping_criteria_metric: host=%s, epoch=%d, criteria=%s, value=%s", host, epoch, name, number(value)
    )


def verdict(epoch: int, stale: int) -> None:
    """Whether the epoch was an improvement: `stale` epochs were none."""
    if stale:
        LOG.info("Epoch %d: Loss has not improved for %d epochs.", epoch, stale)
    else:
        LOG.info("Epoch %d: Loss improved. Updating best model", epoch)


def final(host: str, channel: str, values: Mapping[str, float], kind: Callable[[str], str]) -> None:
    """The metrics of the final model on a channel, each twice: as a pair, and as what a definition finds."""
    for name, value in values.items():
        LOG.info("#%s_score (%s) : %s", channel, host, (name, float(value)))
    for name, value in values.items():
        LOG.info("#quality_metric: host=%s, %s %s <%s>=%s", host, channel, name, kind(name), number(value))


def winner(setting: Setting, optimizer: str) -> None:
    """The settings of the best of the parallel models."""
    told = {
        "lr_scheduler_step": setting.lr_scheduler_step,
        "wd": setting.wd,
        "optimizer": optimizer,
        "lr_scheduler_factor": setting.lr_scheduler_factor,
        "l1": setting.l1,
        "learning_rate": setting.learning_rate,
        "lr_scheduler_minimum_lr": setting.lr_scheduler_minimum_lr,
    }
    LOG.info("Best model found for hyperparameters: %s", json.dumps(told))


def scaling(found: Scaling, *, label: bool) -> None:
    """Deviation and mean of the first features, and of the label where it is scaled."""
    with_deviation = [1 / float(factor) if factor else 0.0 for factor in found.factor[:_SHOWN]]
    more = f" and {len(found.factor) - _SHOWN} more" if len(found.factor) > _SHOWN else ""
    LOG.info(
        "Scaling model computed with parameters: {'stdev_weight': [%s]%s, 'mean_weight': [%s]%s, "
        "'stdev_label': %s, 'mean_label': %s}",
        ", ".join(map(number, with_deviation)),
        more,
        ", ".join(number(float(mean)) for mean in found.shift[:_SHOWN]),
        more,
        number(found.label_scale) if label else None,
        number(found.label_shift) if label else None,
    )


def models_of_epoch(
    host: str, span: tuple[float, float], epoch: int, objective: str, losses: Mapping[str, list[float]]
) -> None:
    """`#metrics {...}` for each model: its loss on each channel."""
    for model in range(len(losses["train"])):
        values = {f"{channel}_{objective}": Measured([all_of[model]]) for channel, all_of in losses.items()}
        builtin_metrics.metrics(ALGORITHM, host, span, values, epoch=epoch, model=model)


def records(host: str, span: tuple[float, float], rows: int, batches: int, epochs: int) -> None:
    """`#metrics {...}` of what has been read since the beginning, after `epochs` passes over `rows` rows."""
    counted = {
        "Total Records Seen": rows * epochs,
        "Total Batches Seen": batches * epochs,
        "Max Records Seen Between Resets": rows,
        "Max Batches Seen Between Resets": batches,
        "Reset Count": epochs,
        "Number of Records Since Last Reset": rows,
        "Number of Batches Since Last Reset": batches,
    }
    values = {name: Measured([float(count)]) for name, count in counted.items()}
    builtin_metrics.metrics(ALGORITHM, host, span, values, epoch=epochs - 1, Meta="training_data_iter")


def times(host: str, span: tuple[float, float], epochs: int, seconds: Mapping[str, list[float]]) -> None:
    """The last `#metrics {...}`: what took how long, in milliseconds."""
    values = {name: Measured([1000 * value for value in all_of]) for name, all_of in seconds.items()}
    builtin_metrics.metrics(ALGORITHM, host, span, {"epochs": Measured([float(epochs)]), **values})
