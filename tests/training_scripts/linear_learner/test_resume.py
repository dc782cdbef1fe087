"""A training that is killed and run again gives what an unbroken one gives, to the byte."""

from __future__ import annotations

import pytest

from contract.errors import UserError

SMALL = {"mini_batch_size": "50", "num_models": "3", "early_stopping_patience": "9", "early_stopping_tolerance": "1e-9"}
REGRESSOR = SMALL | {"predictor_type": "regressor"}
BINARY = SMALL | {"predictor_type": "binary_classifier"}
CLASSES = SMALL | {"predictor_type": "multiclass_classifier", "num_classes": "3"}
TASKS = {
    "numbers by adam": ("numbers", REGRESSOR | {"optimizer": "adam"}),
    "numbers by sgd": ("numbers", REGRESSOR | {"optimizer": "sgd", "momentum": "0.9"}),
    "numbers by rmsprop": ("numbers", REGRESSOR | {"optimizer": "rmsprop"}),
    "absolute loss": ("numbers", REGRESSOR | {"loss": "absolute_loss"}),
    "two classes by adam": ("two", BINARY | {"optimizer": "adam", "positive_example_weight_mult": "balanced"}),
    "two classes": ("two", BINARY),
    "two classes, weights by trial": ("two", BINARY | {"optimizer": "adam", "positive_example_weight_mult": "auto"}),
    "hinge": ("two", BINARY | {"loss": "hinge_loss"}),
    "classes by adam": ("three", CLASSES | {"optimizer": "adam"}),
    "classes": ("three", CLASSES),
}
FILES = ("model.safetensors", "model_algo-1")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("validated", [True, False])
def test_a_broken_training_gives_the_unbroken_model(bench, request, task, validated, killed):
    rows, given = TASKS[task]
    given = given | {"epochs": "8"}
    make = request.getfixturevalue(rows)
    bench.rows("train", make(300))
    if validated:
        bench.rows("validation", make(100, seed=1))
    unbroken = bench.fit(given, checkpoints=True)
    last = bench.steps[-1]
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    for moment in sorted({0, last // 2, last}):
        with pytest.raises(killed):
            bench.fit(given, checkpoints=True, kill_at=moment)
    broken = bench.fit(given, checkpoints=True)
    for name in FILES:
        assert bench.saved(broken, name) == bench.saved(unbroken, name)
    assert broken.metrics == unbroken.metrics
    assert broken.history == unbroken.history


def test_a_stopped_training_goes_on_where_it_was(bench, numbers):
    bench.rows("train", numbers())
    given = REGRESSOR | {"optimizer": "adam", "epochs": "6"}
    unbroken = bench.fit(given, checkpoints=True)
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    bench.fit(given, checkpoints=True, stop_at=2)
    resumed = bench.fit(given, checkpoints=True)
    assert bench.steps == [3, 4, 5]
    assert bench.saved(resumed, FILES[0]) == bench.saved(unbroken, FILES[0])


@pytest.mark.parametrize("optimizer", ["adam", "auto"])
def test_a_finished_training_is_finished_when_it_is_run_again(bench, numbers, optimizer):
    bench.rows("train", numbers())
    given = REGRESSOR | {"optimizer": optimizer, "epochs": "3"}
    first = bench.fit(given, checkpoints=True)
    again = bench.fit(given, checkpoints=True)
    assert bench.steps == []
    assert bench.saved(again, FILES[0]) == bench.saved(first, FILES[0])


def test_early_stopping_counts_across_a_break(bench, two, killed):
    bench.rows("train", two())
    bench.rows("validation", two(seed=1))
    given = BINARY | {"optimizer": "adam", "epochs": "100", "early_stopping_patience": "3"}
    given |= {"early_stopping_tolerance": "0.01"}
    bench.fit(given, checkpoints=True)
    last = bench.steps[-1]
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    with pytest.raises(killed):
        bench.fit(given, checkpoints=True, kill_at=last - 1)
    bench.fit(given, checkpoints=True)
    assert bench.steps[-1] == last


def test_checkpoints_are_told(bench, numbers, caplog):
    bench.rows("train", numbers())
    given = REGRESSOR | {"optimizer": "adam", "epochs": "2"}
    with caplog.at_level("INFO"):
        bench.fit(given, checkpoints=True)
        bench.fit(given, checkpoints=True)
    store = bench.base / "checkpoints"
    assert f'Saved checkpoint to "{store}/linear_learner-checkpoint.1"' in caplog.text
    assert f"Checkpoint loaded from {store}/linear_learner-checkpoint.1" in caplog.text
    assert "Checkpoint loading and saving are disabled" not in caplog.text


def test_the_checkpoint_of_another_job_is_refused(bench, numbers):
    bench.rows("train", numbers())
    bench.fit(REGRESSOR | {"epochs": "2"}, checkpoints=True)
    with pytest.raises(UserError, match="was written by a job with other hyperparameters"):
        bench.fit(REGRESSOR | {"epochs": "3"}, checkpoints=True)


def test_a_cut_checkpoint_gives_way_to_the_one_before(bench, numbers, caplog):
    bench.rows("train", numbers())
    given = REGRESSOR | {"optimizer": "adam", "epochs": "4"}
    unbroken = bench.fit(given, checkpoints=True)
    newest = bench.base / "checkpoints" / "linear_learner-checkpoint.3"
    newest.write_bytes(newest.read_bytes()[:-9])
    again = bench.fit(given, checkpoints=True)
    assert bench.steps == [3]
    assert "is damaged: skipped" in caplog.text
    assert bench.saved(again, FILES[0]) == bench.saved(unbroken, FILES[0])
