"""The official SDK's local mode drives our image, version 2 and version 3, unmodified."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from containers.build import images
from local_mode import environments

pytestmark = pytest.mark.engine
HERE = Path(__file__).parent
SETTINGS = {
    # Whoever runs the tests may have real ones: no call of the SDK may get that far.
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
}
STEPS = {
    "v2": ["train", "endpoint", "transform", "Estimator.fit", "Estimator.deploy", "Transformer"],
    "v3": ["train", "endpoint", "transform", "ModelTrainer"],
}


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("no_leftovers")
@pytest.mark.parametrize("version", STEPS)
def test_sdk_trains_serves_and_transforms(version: str, data: Path, free_port: int) -> None:
    cache = images.ROOT / ".cache" / "sdk" / version
    python = environments.make(cache, HERE / f"requirements-{version}.txt", print)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    done = subprocess.run(
        [python, HERE / f"{version}.py", images.reference("xgboost"), data, str(free_port)],
        env=environment | SETTINGS,
        cwd=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert (data / "done").read_text().split() == STEPS[version]
