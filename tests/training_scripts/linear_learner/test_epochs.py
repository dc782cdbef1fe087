"""Epochs: what is compared after each, which model is kept, when training ends."""

from __future__ import annotations

import re

import numpy as np
import pytest

from contract.errors import UserError
from tests.training_scripts.linear_learner.conftest import BINARY, REGRESSOR


def test_early_stopping_ends_after_so_many_epochs_without_improvement(bench, two, caplog):
    bench.rows("train", two())
    bench.rows("validation", two(seed=1))
    given = BINARY | {"optimizer": "adam", "epochs": "200", "early_stopping_patience": "2"}
    with caplog.at_level("INFO"):
        fitted = bench.fit(given | {"early_stopping_tolerance": "0.01"})
    assert len(bench.steps) < 100
    assert f"Epoch {bench.steps[-1]}: Loss has not improved for 2 epochs." in caplog.text
    assert fitted.summary.best_round <= bench.steps[-1]


def test_patience_beyond_the_epochs_disables_early_stopping(bench, numbers):
    bench.rows("train", numbers())
    bench.fit(REGRESSOR | {"optimizer": "adam", "epochs": "20", "early_stopping_patience": "21"})
    assert bench.steps == list(range(20))


@pytest.mark.parametrize("validated", [True, False])
def test_the_best_epoch_is_kept(bench, numbers, validated, caplog):
    bench.rows("train", numbers())
    channel = "validation" if validated else "train"
    if validated:
        bench.rows("validation", numbers(seed=1))
    given = REGRESSOR | {"optimizer": "sgd", "learning_rate": "0.9", "momentum": "0.9", "epochs": "12"}
    with caplog.at_level("INFO"):
        fitted = bench.fit(given | {"early_stopping_patience": "20", "num_models": "1"})
    values = [
        float(match[1])
        for match in re.finditer(r"early_stopping_criteria_metric: .* criteria=mse_objective, value=(\S+)", caplog.text)
    ]
    assert len(values) == 12
    assert fitted.summary.best_round == int(np.argmin(values))
    told = np.array(fitted.summary.history[f"{channel}-mse_objective"])
    assert told / told.min() == pytest.approx(np.array(values) / min(values))


def test_losses_of_train_are_scaled_and_those_of_validation_are_not(bench, numbers, caplog):
    rows = numbers()
    bench.rows("train", rows)
    bench.rows("validation", rows)
    with caplog.at_level("INFO"):
        told = bench.fit(REGRESSOR | {"optimizer": "adam", "epochs": "30", "num_models": "1"}).summary.history
    train, validation = (
        [float(value) for value in re.findall(rf"epoch=\d+, {channel} mse_objective <loss>=(\S+)", caplog.text)]
        for channel in ("train", "validation")
    )
    assert validation[-1] / train[-1] == pytest.approx(np.var(rows[:, 0]), rel=0.15)
    assert told["validation-mse_objective"] == pytest.approx(validation)
    assert told["train-mse_objective"] == pytest.approx(np.var(rows[:, 0]) * np.array(train), rel=1e-4)  # in the report


def test_the_line_of_an_epoch_is_of_the_first_model_and_the_criterion_of_the_best(bench, numbers, capsys, caplog):
    bench.rows("train", numbers())
    bench.rows("validation", numbers(seed=1))
    with caplog.at_level("INFO"):
        bench.fit(REGRESSOR | {"optimizer": "adam", "num_models": "8", "epochs": "1"})
    found = re.findall(r'"model": (\d).*?"validation_mse_objective": \{"sum": ([^,]+)', capsys.readouterr().out)
    by_model = {int(model): float(value) for model, value in found}
    assert len(by_model) == 8
    line = re.search(r"epoch=0, validation mse_objective <loss>=(\S+)", caplog.text)
    best = re.search(r"criteria=mse_objective, value=(\S+)", caplog.text)
    assert float(line[1]) == pytest.approx(by_model[0])
    assert float(best[1]) == pytest.approx(min(by_model.values()))


def test_a_tuning_job_trains_one_model(bench, numbers, capsys):
    bench.rows("train", numbers())
    given = REGRESSOR | {"num_models": "auto", "_tuning_objective_metric": "validation:objective_loss"}
    bench.fit(given | {"optimizer": "adam"})
    assert '"model": 1' not in capsys.readouterr().out


def test_sigterm_ends_the_epoch_and_keeps_the_model(bench, numbers):
    bench.rows("train", numbers())
    fitted = bench.fit(REGRESSOR | {"optimizer": "adam", "epochs": "50"}, stop_at=1)
    assert bench.steps == [0, 1]
    assert np.isfinite(bench.weights(fitted)[0]).all()


def test_models_that_have_all_lost_their_way_are_an_error_that_says_what_to_do(bench, numbers):
    bench.rows("train", numbers())
    given = REGRESSOR | {"optimizer": "sgd", "learning_rate": "1000", "use_lr_scheduler": "false"}
    with pytest.raises(UserError, match="give a lower 'learning_rate'"):
        bench.fit(given | {"normalize_data": "false", "unbias_data": "false", "epochs": "30"})
