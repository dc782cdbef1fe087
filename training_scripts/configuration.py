"""The three lines with which a built-in algorithm says what it was asked to do."""

from __future__ import annotations

from collections.abc import Mapping

from contract.hyperparameters import PLATFORM_PREFIX, Hyperparameter, declared, write
from training_scripts.logs import LOG

DEFAULTS = "/opt/sagemaker"
"""Where the built-ins keep a file of defaults; here they are declared in code, and the line names it all the same."""
PROVIDED = "/opt/ml/input/config/hyperparameters.json"


def log(hyperparameters: type, given: Mapping[str, str], file: str = "default-input.json") -> None:
    """Print the defaults, what the job gives, and both together. `given` has been found good before; `file` is what the
    algorithm's own image calls its defaults."""
    defaults = {item.name: text for item in declared(hyperparameters) if (text := _default(item))}
    provided = {name: text for name, text in given.items() if not name.startswith(PLATFORM_PREFIX)}
    LOG.info("Reading default configuration from %s/%s: %s", DEFAULTS, file, defaults)
    LOG.info("Merging with provided configuration from %s: %s", PROVIDED, provided)
    LOG.info("Final configuration: %s", defaults | provided)


def _default(item: Hyperparameter) -> str:
    """The value that stands where nothing is given, or a word for it; nothing where there is none."""
    return item.library_default if item.default is None else write(item.default)
