"""What the serving half answers with a model is what training said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from contract.dataset import Dataset
from serving import model
from serving.settings import Settings
from training_scripts import output

SMALL = {"mini_batch_size": "50", "epochs": "5", "num_models": "3"}
TASKS = {
    "numbers": SMALL | {"predictor_type": "regressor"},
    "two": SMALL | {"predictor_type": "binary_classifier"},
    "two by hinge": SMALL | {"predictor_type": "binary_classifier", "loss": "hinge_loss"},
    "three": SMALL | {"predictor_type": "multiclass_classifier", "num_classes": "3"},
}


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_answers_have_the_metrics_that_training_told(bench, request, task, bare, monkeypatch):
    make = request.getfixturevalue(task.partition(" ")[0])
    held = make(300, seed=1)
    bench.rows("train", make())
    bench.rows("validation", held)
    job, _ = bench.job(TASKS[task])
    fitted = bench.fit(TASKS[task])
    for folder in (job.paths.model, job.paths.output_data):
        folder.mkdir(parents=True)
    output.save(fitted, "linear_learner", job.environment, job.paths)
    if bare:  # as the built-in leaves it
        (job.paths.model / "model.json").unlink()
        (job.paths.model / "model.safetensors").unlink()
    loaded = model.load("linear_learner", job.paths.model, Settings())
    answers = loaded.predict(Dataset(held[:, 1:].astype(np.float32))).columns
    told = fitted.metrics
    if task == "numbers":
        mse = np.square(answers["score"] - held[:, 0]).mean()
        assert mse == pytest.approx(told["validation-mse"], rel=1e-4)
    else:
        name = "multiclass_accuracy" if task == "three" else "binary_classification_accuracy"
        assert (answers["predicted_label"] == held[:, 0]).mean() == pytest.approx(told[f"validation-{name}"], abs=1e-9)


def test_model_json_says_what_serving_needs(bench, two):
    bench.rows("train", two())
    job, _ = bench.job(TASKS["two"])
    fitted = bench.fit(TASKS["two"])
    for folder in (job.paths.model, job.paths.output_data):
        folder.mkdir(parents=True)
    output.save(fitted, "linear_learner", job.environment, job.paths)
    manifest = json.loads((job.paths.model / "model.json").read_text())
    assert manifest["details"].keys() == {"predictor_type", "loss", "threshold"}
    assert manifest["features"] == {"count": 4, "names": None, "missing_allowed": False, "classes": [0, 1]}
    assert manifest["files"].keys() == {"model.safetensors", "model_algo-1"}
    assert manifest["libraries"].keys() == {"numpy", "safetensors"}
    assert (job.paths.output_data / "report.html").exists()
