"""Every algorithm's image trains its sample's job: held strictly, as any user, to the same files each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.images import samples

Run = Callable[..., Any]
pytestmark = pytest.mark.engine
USERS = ("0", "65534")


@pytest.mark.parametrize("user", USERS)
def test_trains_hardened(
    user: str, algorithm: str, reference: str, ml: Path, trained: Path, run: Run, hardened: dict[str, Any]
) -> None:
    """And what it writes is, byte for byte, what it wrote without that."""
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"], user=user, **hardened)
    assert done.code == 0, done.output
    assert samples.native_files(ml / "model", algorithm) == samples.native_files(trained, algorithm)
    assert not (ml / "output" / "failure").exists()


def test_train_as_the_entry_point(reference: str, ml: Path, run: Run) -> None:
    done = run(reference, volumes=[f"{ml}:/opt/ml"], entrypoint="train")
    assert done.code == 0, done.output


def test_model_takes_what_the_samples_of_all_images_have(trained: Path, interface: Any) -> None:
    """Three features, as the corpus of requests has; and the endpoint's description is that of its model.json."""
    features = samples.features(trained)
    assert features.count == 3
    assert interface.missing_allowed == features.missing_allowed
