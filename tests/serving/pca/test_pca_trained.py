"""What the training half leaves is served, in both of its forms, with the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.manifest import Schema
from tests.serving import built_ins
from training_scripts.pca import artifact

ROWS = {"data": b"1,2,3,4\n0,0,-7,1\n", "content_type": "text/csv"}


@pytest.mark.parametrize("centred", [True, False])
def test_both_forms_answer_the_same(tmp_path: Path, centred: bool) -> None:
    arrays = built_ins.pca_arrays()
    if not centred:
        del arrays["mean"]
    artifact.save(arrays, tmp_path)
    theirs = built_ins.client("pca", tmp_path).post("/invocations", **ROWS)
    details = {"algorithm_mode": "regular", "subtract_mean": centred}
    built_ins.vouch(tmp_path, "pca", Schema(4, missing_allowed=False), details)
    ours = built_ins.client("pca", tmp_path).post("/invocations", **ROWS)
    assert ours.status_code == 200
    assert ours.data == theirs.data
