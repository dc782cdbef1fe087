"""`_kfold`: every model is measured on rows it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import UserError
from training_scripts.xgboost import kfold

GIVEN = {"num_round": "10", "_kfold": "5"}


def _predictions(bench):
    text = (bench.base / "output" / "data" / "predictions.csv").read_text()
    return np.array([[float(cell) for cell in line.split(",")] for line in text.splitlines()])


def test_the_logged_metric_is_that_of_the_rows_held_out(bench, abalone, capsys):
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    fitted = bench.fit(GIVEN | {"eval_metric": "rmse"})
    rows = _predictions(bench)
    held = np.sqrt(np.mean((rows[:, 0] - rows[:, 1]) ** 2))
    assert len(rows) == 1_500
    assert fitted.metrics["validation-rmse"] == pytest.approx(held, rel=0.02)
    assert fitted.metrics["validation-rmse"] > 1.2 * fitted.metrics["train-rmse"]
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert printed == [
        f"[10]\ttrain-rmse:{fitted.metrics['train-rmse']:.5f}\tvalidation-rmse:{fitted.metrics['validation-rmse']:.5f}"
    ]
    bench.model(fitted, "xgboost-model-4")
    assert sorted(path.name for path in (bench.base / "model").iterdir()) == [f"xgboost-model-{i}" for i in range(5)]


def test_predictions_come_from_models_that_have_not_seen_the_row(bench, abalone, matrix):
    """Labels of noise: whoever has seen a row knows it, whoever has not does not."""
    generator = np.random.default_rng(0)
    bench.put("train", "".join(f"{generator.normal()},{generator.normal()}\n" for _ in range(300)))
    bench.fit({"num_round": "30", "_kfold": "3", "max_depth": "8"})
    rows = _predictions(bench)
    assert abs(np.corrcoef(rows.T)[0, 1]) < 0.2


def test_repetitions_cut_differently_and_their_predictions_are_averaged(bench, old):
    bench.put("train", old.train)
    given = GIVEN | {"objective": "binary:logistic", "_num_cv_round": "2"}
    fitted = bench.fit(given)
    assert fitted.details["models"] == 10
    rows = _predictions(bench)
    assert set(rows[:, 2]) == {0, 1}
    assert np.mean((rows[:, 1] > 0.5) == rows[:, 2]) > 0.9
    assert fitted.summary.confusion.channel == "held-out"
    assert np.sum(fitted.summary.confusion.counts) == 1_000


def test_classes_have_their_share_of_every_fold(bench, iris):
    bench.put("train", iris)
    bench.fit(GIVEN | {"objective": "multi:softmax", "num_class": "3"})
    labels = np.repeat([0, 1, 2], 50).astype(np.float32)

    class Asked:
        kfold, num_cv_round, seed = 5, 2, -4

    class Plan:
        classes = 3

    held = kfold.held_out(Asked, Plan, labels)
    assert [np.bincount(labels[rows].astype(int)).tolist() for rows in held] == [[10, 10, 10]] * 10
    assert np.array_equal(np.sort(np.concatenate(held[:5])), np.arange(150))
    assert not np.array_equal(held[0], held[5])
    assert np.mean(_predictions(bench)[:, 2] == labels) > 0.9


def test_a_broken_cross_validation_gives_the_unbroken_models(bench, abalone, monkeypatch, killed):
    bench.put("train", abalone.train)
    given = GIVEN | {"subsample": "0.7", "booster": "dart", "rate_drop": "0.2"}
    unbroken = bench.fit(given, checkpoints=True)
    rows = _predictions(bench)
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    train, trained = kfold.rounds.train, []

    def die_in_the_fourth(*arguments):
        if len(trained) == 3:
            raise killed
        trained.append(None)
        return train(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kfold.rounds, "train", die_in_the_fourth)
        with pytest.raises(killed):
            bench.fit(given, checkpoints=True)
    broken = bench.fit(given, checkpoints=True)
    for number in range(5):
        name = f"xgboost-model-{number}"
        assert bench.model(broken, name) == bench.model(unbroken, name)
    assert np.array_equal(_predictions(bench), rows)
    assert broken.metrics == unbroken.metrics


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"external_memory": "true"}, "cannot be used with external_memory"),
        ({"objective": "rank:pairwise"}, "rows belong together"),
        ({"objective": "reg:quantileerror", "quantile_alpha": "0.1,0.9"}, "cannot be used with several quantiles"),
        ({"_kfold": "5000"}, "need as many rows"),
    ],
)
def test_what_cannot_be_cut_into_folds(bench, abalone, more, says):
    bench.put("train", abalone.train)
    with pytest.raises(UserError, match=says):
        bench.fit(GIVEN | more)


def test_labels_that_are_shares_are_no_classes(bench, old):
    bench.put("train", old.train)
    bench.fit(GIVEN | {"objective": "reg:logistic"})
    rows = _predictions(bench)
    assert rows.shape == (1_000, 2)
    assert np.mean((rows[:, 1] > 0.5) == rows[:, 0]) > 0.7


def test_early_stopping_in_folds_warns(bench, abalone, caplog):
    bench.put("train", abalone.train)
    bench.fit(GIVEN | {"num_round": "40", "eta": "0.9", "eval_metric": "rmse", "early_stopping_rounds": "2"})
    assert "each fold chooses its round" in caplog.text
