"""The three lines with which a built-in algorithm says what it was asked to do."""

from __future__ import annotations

from collections.abc import Mapping

from contract import specification
from contract.hyperparameters import PLATFORM_PREFIX, declared
from training_scripts.logs import LOG

DEFAULTS = "/opt/sagemaker/default-input.json"
"""Where the built-ins keep a file of defaults; here they are declared in code, and the line names them all the same."""
PROVIDED = "/opt/ml/input/config/hyperparameters.json"


def log(hyperparameters: type, given: Mapping[str, str]) -> None:
    """Print the defaults, what the job gives, and both together. `given` has been found good before."""
    values = {item.name: specification.default(item) for item in declared(hyperparameters)}
    defaults = {name: value for name, value in values.items() if value is not None}
    provided = {name: text for name, text in given.items() if not name.startswith(PLATFORM_PREFIX)}
    LOG.info("Reading default configuration from %s: %s", DEFAULTS, defaults)
    LOG.info("Merging with provided configuration from %s: %s", PROVIDED, provided)
    LOG.info("Final configuration: %s", defaults | provided)
