"""What the numerical half of a fit needs to know, every `auto` resolved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from contract import resources
from training_scripts.linear_learner.grid import Setting
from training_scripts.linear_learner.losses import Loss

Doubles: TypeAlias = NDArray[np.float64]
Total: TypeAlias = Callable[[Doubles], Doubles]
"""The sums of an array over the hosts, the same on each; every host calls it equally often."""


Stopping: TypeAlias = Callable[[], bool]
"""Whether this host was told to stop."""


def alone(values: Doubles) -> Doubles:
    """The Total of a single host."""
    return values


def going_on() -> bool:
    """The Stopping of a training that nobody stops."""
    return False


@dataclass(frozen=True)
class Init:
    """The first weights: `uniform` in (-scale, scale), or `normal` with the deviation `sigma`; and the first bias."""

    method: str = "uniform"
    scale: float = 0.07
    sigma: float = 0.01
    bias: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The models to train, and how. `optimizer`: auto (the best we know for the loss), adam, sgd or rmsprop."""

    loss: Loss
    settings: tuple[Setting, ...]
    """One a model."""
    optimizer: str = "auto"
    epochs: int = 15
    batch_rows: int = 1000
    """Rows of one step on each host."""
    use_bias: bool = True
    use_lr_scheduler: bool = True
    momentum: float = 0.0
    beta_1: float = 0.9
    beta_2: float = 0.999
    bias_lr_mult: float = 1.0
    bias_wd_mult: float = 0.0
    init: Init = field(default_factory=Init)
    seed: int = 0
    threads: int = field(default_factory=resources.cpus)

    @property
    def crowd(self) -> str:
        """How many models there are, in words."""
        count = len(self.settings)
        return "one model" if count == 1 else f"{count} models at once"

    @property
    def columns(self) -> int:
        """Columns of the matrix of weights: models times outputs, outputs fastest."""
        return len(self.settings) * self.loss.outputs
