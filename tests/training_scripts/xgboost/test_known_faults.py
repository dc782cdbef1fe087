"""Faults that SageMaker's own XGBoost image shows in training: none of them here."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path

import numpy as np
import pytest
import xgboost

from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.xgboost.hyperparameters import Hyperparameters

PACKAGE = Path(__file__).parents[3] / "training_scripts" / "xgboost"


def _lay(base, csv, given, **files):
    config, channel = base / "input" / "config", base / "input" / "data" / "train"
    config.mkdir(parents=True)
    channel.mkdir(parents=True)
    (channel / "rows.csv").write_text(csv)
    (config / "hyperparameters.json").write_text(json.dumps(given))
    (config / "inputdataconfig.json").write_text('{"train": {"ContentType": "text/csv"}}')
    for name, text in files.items():
        (config / f"{name}.json").write_text(text)


def test_libsvm_indices_are_taken_as_they_are(bench, mushrooms):
    """Its server shifts the indices of 1-based rows, its training does not."""
    bench.put("train", mushrooms, "text/libsvm")
    fitted = bench.fit({"num_round": "4", "objective": "binary:logistic"})
    rows = [row.split() for row in mushrooms.splitlines()]
    features = np.full((len(rows), 127), np.nan, np.float32)
    for place, row in enumerate(rows):
        for cell in row[1:]:
            index, _, value = cell.partition(":")
            features[place, int(index)] = float(value)
    train = xgboost.DMatrix(features, np.array([float(row[0]) for row in rows]))
    expected = xgboost.train({"objective": "binary:logistic", "nthread": 1}, train, 4)
    assert bench.booster(fitted).get_dump() == expected.get_dump()


def test_a_checkpoint_is_found_again_under_its_documented_name(bench, abalone, caplog):
    bench.put("train", abalone.train)
    given = {"num_round": "7", "checkpoint_rounds": "3"}
    bench.fit(given, checkpoints=True, stop_at=5)
    names = sorted(path.name for path in (bench.base / "checkpoints").iterdir())
    assert names == ["xgboost-checkpoint.3", "xgboost-checkpoint.6"]
    (bench.base / "checkpoints" / "xgboost-checkpoint.9.sagemaker-uploading").touch()
    with caplog.at_level("INFO"):
        bench.fit(given, checkpoints=True)
    assert bench.steps == [6]
    assert f"Checkpoint loaded from {bench.base / 'checkpoints' / 'xgboost-checkpoint.6'}" in caplog.messages
    assert "Resuming from iteration 6" in caplog.messages


def test_cross_validation_goes_together_with_checkpoints(bench, abalone):
    bench.put("train", abalone.train)
    fitted = bench.fit({"num_round": "2", "_kfold": "3"}, checkpoints=True)
    assert fitted.details["models"] == 3


def test_cross_validation_measures_on_rows_held_out(bench):
    """Labels of noise: measured on rows that were trained on, the error would be far below their spread."""
    generator = np.random.default_rng(1)
    bench.put("train", "".join(f"{generator.normal()},{generator.normal()}\n" for _ in range(400)))
    fitted = bench.fit({"num_round": "30", "_kfold": "4", "max_depth": "8", "eval_metric": "rmse"})
    assert fitted.metrics["train-rmse"] < 0.7
    assert fitted.metrics["validation-rmse"] > 1


def test_no_hyperparameter_is_run_as_code(tmp_path):
    marker = tmp_path / "run"
    code = f"(__import__('pathlib').Path('{marker}').touch(),)"
    for name in ("monotone_constraints", "interaction_constraints", "eval_metric", "feature_types"):
        with pytest.raises(UserError):
            parse(Hyperparameters, {"num_round": "1", name: code})
    assert not marker.exists()


def test_the_training_half_calls_no_eval_and_reads_no_pickle():
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "print"), path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "joblib", "cgi", "sagemaker_containers"}, path


@pytest.mark.parametrize("given", [{"device": "cuda"}, {"tree_method": "gpu_hist"}])
def test_a_gpu_is_never_replaced_by_the_cpu_in_silence(given):
    with pytest.raises(UserError, match="needs a GPU build of XGBoost, and this is a CPU image"):
        parse(Hyperparameters, {"num_round": "1", **given})


def test_auc_without_an_objective_is_explained():
    with pytest.raises(UserError, match="'auc' needs one of the objectives"):
        parse(Hyperparameters, {"num_round": "1", "eval_metric": "auc"})


def test_auc_of_several_classes_is_computed(bench, iris):
    bench.put("train", iris)
    given = {"num_round": "3", "objective": "multi:softprob", "num_class": "3", "eval_metric": "auc"}
    assert bench.fit(given).metrics["train-auc"] > 0.9


def test_the_failure_file_begins_with_the_cause(programs, old):
    _lay(programs.base, old.train + "2,0,1,2,3,4,5,6,7\n", {"num_round": "2", "objective": "binary:logistic"})
    code, _ = programs.finish(programs.train(SAGEMAKER_ALGORITHM="xgboost"))
    assert code == 1
    assert programs.failure == ("channel 'train', row 1001: label must be in [0,1] for logistic regression; found 2")


def test_sigterm_saves_the_model_without_being_asked_to(programs, abalone):
    _lay(programs.base, abalone.train, {"num_round": "1000000", "nthread": "1"}, checkpointconfig="{}")
    process = programs.train(SAGEMAKER_ALGORITHM="xgboost")
    programs.wait_until(lambda: any((programs.base / "checkpoints").glob("xgboost-checkpoint.*")))
    began = time.monotonic()
    code, printed = programs.stop(process)
    assert (code, time.monotonic() - began < 60) == (0, True), printed
    model = bytearray((programs.base / "model" / "xgboost-model").read_bytes())
    rounds = xgboost.Booster(model_file=model).num_boosted_rounds()
    assert rounds >= 10
    assert (programs.base / "checkpoints" / f"xgboost-checkpoint.{rounds}").exists()
