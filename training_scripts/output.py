"""What a finished job leaves: the model directory, and the report in output/data."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from contract import artifact
from contract.environment import TrainingEnvironment
from contract.hyperparameters import PLATFORM_PREFIX, TUNING_OBJECTIVE
from contract.paths import Paths
from training_scripts.fitted import Fitted
from training_scripts.logs import LOG

IMAGE = "SAGEMAKER_IMAGE"
"""Every image sets it to its own name and version: `sagemaker-xgboost:1.0`."""


def save(fitted: Fitted, algorithm: str, environment: TrainingEnvironment, paths: Paths) -> None:
    """Write the model, its model.json last, then the report. Raises PlatformError where the model cannot be written."""
    fitted.save(paths.model)
    artifact.write(paths.model, _manifest(fitted, algorithm, environment))
    LOG.info("Model saved to %s", paths.model)
    if fitted.summary is not None:
        _report(fitted, environment, paths)


def _manifest(fitted: Fitted, algorithm: str, environment: TrainingEnvironment) -> artifact.Manifest:
    image = os.environ.get(IMAGE, "")
    return artifact.Manifest(
        algorithm=algorithm,
        version=image.rpartition(":")[2],
        features=fitted.schema,
        hyperparameters=_requested(environment),
        metrics=dict(fitted.metrics),
        libraries=dict(fitted.libraries),
        image=image,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        details=dict(fitted.details),
    )


def _requested(environment: TrainingEnvironment) -> dict[str, str]:
    """The user's own hyperparameters, without what the platform adds."""
    return {
        name: text
        for name, text in environment.hyperparameters.items()
        if not name.startswith(PLATFORM_PREFIX) and name != TUNING_OBJECTIVE
    }


def _report(fitted: Fitted, environment: TrainingEnvironment, paths: Paths) -> None:
    """Write the report. A good model is not thrown away because its report fails."""
    from training_scripts import report

    assert fitted.summary is not None
    try:
        report.write(paths.output_data, fitted.summary, environment)
    except Exception:
        LOG.warning("The training report could not be written", exc_info=True)
