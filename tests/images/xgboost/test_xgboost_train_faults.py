"""Training containers of XGBoost whose disk has no room for a model larger than it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.images import samples

Run = Callable[..., Any]
pytestmark = pytest.mark.engine


def test_full_disk_ends_with_3_and_leaves_no_stump(reference: str, ml: Path, run: Run) -> None:
    samples.give(ml, num_round="1000", max_depth="8", eta="0.01", nthread="1")
    disk = {"/opt/ml/model": "size=1m"}
    done = run(reference, "-c", samples.TRAIN_AND_LIST, entrypoint="sh", volumes=[f"{ml}:/opt/ml"], tmpfs=disk)
    assert done.code == 3, done.output
    wanted = "cannot write /opt/ml/model/xgboost-model: No space left on device after 1048576 bytes"
    assert samples.failure(ml).startswith(wanted)
    assert (ml / "output" / "data" / "left").read_text() == ""
