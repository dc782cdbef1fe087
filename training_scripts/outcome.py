"""What a finished fit shows of its data and predictions, whatever the algorithm: the report's parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from training_scripts import confusion
from training_scripts.channels import ChannelData
from training_scripts.summary import ChannelSummary, Confusion, Residuals

_POINTS = 2_000
_CLASSES_SHOWN = 50


def channel_summary(
    channel: ChannelData, rows: int, width: int, labels: Floats, missing: float | None, classes: int
) -> ChannelSummary:
    """What a channel held."""
    return ChannelSummary(channel.name, rows, width, channel.content_type, missing, label_phrase(labels, classes))


def label_phrase(labels: Floats, classes: int) -> str:
    """The label in one phrase."""
    if not len(labels):
        return ""
    if not classes:
        return f"{labels.min():g} to {labels.max():g}, mean {labels.mean(dtype=np.float64):g}"
    values, counts = np.unique(labels, return_counts=True)
    shown = ", ".join(f"{count:,} of {value:g}" for value, count in list(zip(values, counts, strict=True))[:6])
    return f"{len(values)} classes: {shown}" + (", and others" if len(values) > 6 else "")


def of_classes(truth: Floats, predicted: NDArray[np.integer[Any]], channel: str, classes: int) -> Confusion | None:
    """Hits and misses, from true and predicted classes (rows,); None for more classes than a picture can show."""
    if classes > _CLASSES_SHOWN:
        return None
    table = confusion.counts(truth, predicted, None, classes).astype(int)
    return Confusion(channel, [str(name) for name in range(classes)], table.tolist())


def of_numbers(truth: Floats, predicted: Floats, channel: str) -> Residuals:
    """A sample of true and predicted numbers, from all of them (rows,)."""
    rows = len(predicted)
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:_POINTS])
    sampled = rows if rows > len(chosen) else None
    return Residuals(channel, truth[chosen], predicted[chosen].astype(np.float32), sampled)
