"""The algorithm of an image: the module that SAGEMAKER_ALGORITHM names."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from contract.dataset import Layout
from contract.errors import AlgorithmError
from training_scripts import logs

if TYPE_CHECKING:
    from training_scripts.channels import Rules
    from training_scripts.fitted import Fitted

VARIABLE = "SAGEMAKER_ALGORITHM"


@dataclass(frozen=True)
class Algorithm:
    """What the module of an algorithm offers to `train`."""

    name: str
    hyperparameters: type
    channels: Rules
    layout: Callable[[Any, str], Layout]
    """(hyperparameters, channel name) -> what the channel's columns mean."""
    fit: Callable[..., Fitted | None]
    """(train, validation or None, hyperparameters, job) -> the model; None where another host writes it."""
    line: Callable[[int, Mapping[str, float]], str] | None
    """Makes a round's log line, where the module has `metric_line`."""
    log_form: logs.Form = logs.CONTAINER
    """How messages look: the module's `LOG_FORM`, where it has one."""
    distributed: bool = True
    """Whether several hosts can train together: the module's `DISTRIBUTED`, where it has one."""

    @classmethod
    def of_environment(cls) -> Algorithm:
        """The algorithm of this image: `xgboost` is training_scripts.xgboost, a name with dots is any module."""
        name = os.environ.get(VARIABLE, "")
        if not name:
            raise AlgorithmError(f"{VARIABLE} is not set: the image does not say which algorithm it trains")
        module = importlib.import_module(name if "." in name else f"training_scripts.{name}")
        return cls._of(name.rpartition(".")[2], module)

    @classmethod
    def _of(cls, name: str, module: ModuleType) -> Algorithm:
        return cls(
            name=name,
            hyperparameters=module.Hyperparameters,
            channels=module.CHANNELS,
            layout=module.layout,
            fit=module.fit,
            line=getattr(module, "metric_line", None),
            log_form=getattr(module, "LOG_FORM", logs.CONTAINER),
            distributed=getattr(module, "DISTRIBUTED", True),
        )
