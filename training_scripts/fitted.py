"""What `fit` hands back: the model and everything the artifact and the report say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.artifact import Schema
    from training_scripts.report import Summary


@dataclass(frozen=True)
class Fitted:
    """A trained model. `fit` returns None instead on a host that leaves writing the model to another host."""

    save: Callable[[Path], None]
    """Writes the model's native files into the directory it is given."""
    schema: Schema
    metrics: Mapping[str, float]
    """The final value of every metric, by the name in its log line ("train-rmse")."""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Each metric's values, one a round."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What only this algorithm's serving half needs; JSON values."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Distribution name -> version of what made the model and must read it."""
    summary: Summary | None = None
    """What the training report shows; None for no report."""
