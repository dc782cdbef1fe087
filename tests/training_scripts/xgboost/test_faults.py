"""XGBoost jobs that are killed and run again: what comes out is what an unbroken run gives, bit for bit."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xgboost as xgb

from contract import artifact

if TYPE_CHECKING:
    from conftest import Programs

KILLS = 4
ROUNDS = 40
SAMPLED = {"subsample": "0.7", "colsample_bytree": "0.5", "colsample_bynode": "0.8", "checkpoint_rounds": "4"}
BOOSTERS = {
    "trees": {"booster": "gbtree"},
    "dropout": {"booster": "dart", "rate_drop": "0.2", "skip_drop": "0.3"},
}


def lay(base: Path, hyperparameters: dict[str, str]) -> np.ndarray:
    """Write a job's input; its training rows, label first."""
    config, data = base / "input" / "config", base / "input" / "data" / "train"
    config.mkdir(parents=True)
    data.mkdir(parents=True)
    given = {"num_round": str(ROUNDS), "max_depth": "5", "nthread": "1", "seed": "3"} | SAMPLED | hyperparameters
    (config / "hyperparameters.json").write_text(json.dumps(given))
    (config / "inputdataconfig.json").write_text('{"train": {"ContentType": "text/csv"}}')
    (config / "checkpointconfig.json").write_text("{}")
    random_state = np.random.default_rng(0)
    features = random_state.normal(size=(5_000, 10)).round(3)
    labels = (features[:, 0] * features[:, 1] + random_state.normal(size=5_000) > 0).astype(float)
    rows = np.column_stack([labels, features])
    np.savetxt(data / "rows.csv", rows, "%g", ",")
    return rows


def predictions(base: Path, rows: np.ndarray) -> np.ndarray:
    assert artifact.verify(base / "model", algorithm="xgboost")
    booster = xgb.Booster(model_file=bytearray((base / "model" / "xgboost-model").read_bytes()))
    assert booster.num_boosted_rounds() == ROUNDS
    return booster.inplace_predict(rows[:, 1:].astype(np.float32))


@pytest.mark.parametrize("booster", BOOSTERS)
def test_killed_at_random_moments_it_resumes_to_the_same_predictions(programs: Programs, booster: str) -> None:
    rows = lay(programs.base, BOOSTERS[booster] | {"objective": "binary:logistic"})
    start = time.monotonic()
    code, printed = programs.finish(programs.train(SAGEMAKER_ALGORITHM="xgboost"))
    assert code == 0, printed
    seconds = time.monotonic() - start
    unbroken = predictions(programs.base, rows)
    shutil.rmtree(programs.base / "model")
    shutil.rmtree(programs.base / "checkpoints")
    moments, kills, starts = random.Random(booster), 0, 0
    while starts < 5 * KILLS:
        process = programs.train(SAGEMAKER_ALGORITHM="xgboost")
        starts += 1
        if kills < KILLS:
            time.sleep(moments.uniform(0.3, 1) * seconds)
            process.kill()
        code, printed = programs.finish(process)
        if code == 0:
            break
        assert code == -9, printed
        kills += 1
        if (programs.base / "model" / "model.json").exists():  # killed after the model was whole, before the report was
            np.testing.assert_array_equal(predictions(programs.base, rows), unbroken)
    assert code == 0
    assert kills
    np.testing.assert_array_equal(predictions(programs.base, rows), unbroken)
