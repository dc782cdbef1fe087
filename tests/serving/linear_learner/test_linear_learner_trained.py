"""What the training half leaves is served, in both of its forms, with the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.serving import built_ins
from training_scripts.linear_learner import artifact
from training_scripts.linear_learner.task import Task

ROWS = {"data": b"1,2,3,4\n0,0,-7,1\n", "content_type": "text/csv"}


@pytest.mark.parametrize("details", built_ins.TASKS.values(), ids=built_ins.TASKS)
def test_both_forms_answer_the_same(tmp_path: Path, details: Mapping[str, Any]) -> None:
    arrays, classes = built_ins.linear_arrays(details), len(built_ins.classes(details) or ())
    task = Task(details["predictor_type"], details["loss"], classes)
    made = artifact.Model(task, arrays["weights"], arrays["bias"], details.get("threshold"))
    made.save(tmp_path, 0)
    theirs = built_ins.client("linear_learner", tmp_path).post("/invocations", **ROWS)
    built_ins.vouch(tmp_path, "linear_learner", made.schema, made.details)
    ours = built_ins.client("linear_learner", tmp_path).post("/invocations", **ROWS)
    assert ours.status_code == 200
    assert ours.data == theirs.data
