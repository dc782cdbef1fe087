"""Two exercises that users begin with, at their settings: salaries by years, and insurance charges by eight features.

Charges: one-hot without the first category, features and label scaled, 80/20 by random_state 42. scikit-learn's linear
regression has an RMSE of 5796.28, an MAE of 4181.19 and an R2 of 0.7836 on the last fifth.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

DATA = Path(__file__).parents[2] / "data" / "linear_learner" / "insurance.csv"
REGIONS = ("northwest", "southeast", "southwest")
SETTINGS = {"predictor_type": "regressor", "mini_batch_size": "100", "epochs": "100"}


@pytest.fixture(scope="module")
def split() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(train, test), label first, scaled by train; as scikit-learn's train_test_split draws them."""
    with DATA.open(newline="") as file:
        rows = [
            [
                float(row["charges"]),
                float(row["age"]),
                row["sex"] == "male",
                float(row["bmi"]),
                float(row["children"]),
                row["smoker"] == "yes",
                *(row["region"] == region for region in REGIONS),
            ]
            for row in csv.DictReader(file)
        ]
    table = np.array(rows, dtype=np.float64)
    drawn = np.random.RandomState(42).permutation(len(table))
    count = -(-len(table) // 5)
    return table[drawn[count:]], table[drawn[:count]]


def scaled(split, part):
    train = split[0]
    return (split[part] - train.mean(axis=0)) / train.std(axis=0)


def errors(bench, split, given):
    """(RMSE, MAE, R2) on the last fifth, in the charges' own units, of the model that was trained on scaled rows."""
    bench.rows("train", scaled(split, 0))
    fitted = bench.fit(SETTINGS | given)
    train, test = split
    predicted = bench.margins(fitted, scaled(split, 1))[:, 0] * train[:, 0].std() + train[:, 0].mean()
    residuals = predicted - test[:, 0]
    spread = np.square(test[:, 0] - test[:, 0].mean()).sum()
    return np.square(residuals).mean() ** 0.5, np.abs(residuals).mean(), 1 - np.square(residuals).sum() / spread


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_charges_by_least_squares_are_those_of_linear_regression(bench, split, optimizer):
    rmse, mae, r2 = errors(bench, split, {"loss": "squared_loss", "optimizer": optimizer})
    assert rmse == pytest.approx(5796.28, rel=0.01)
    assert mae == pytest.approx(4181.19, rel=0.02)
    assert r2 == pytest.approx(0.7836, abs=0.005)


def test_charges_by_absolute_loss(bench, split):
    _, mae, _ = errors(bench, split, {"loss": "absolute_loss"})
    assert mae < 4181.19  # what the loss is about is better than with least squares


def test_raw_charges_need_no_scaling_by_the_user(bench, split):
    bench.rows("train", split[0])
    bench.rows("test", split[1])
    fitted = bench.fit(SETTINGS | {"loss": "squared_loss"})
    assert fitted.metrics["test-rmse"] == pytest.approx(5796.28, rel=0.01)


def test_salaries_by_years_of_experience(bench):
    years = np.linspace(1, 20, 35)
    salaries = 8731.94 * years + 28859.53 + np.random.default_rng(0).normal(0, 5000, 35)
    rows = np.column_stack([salaries, years])
    bench.rows("train", rows)
    given = {"feature_dim": "1", "mini_batch_size": "5", "epochs": "5", "num_models": "32", "loss": "absolute_loss"}
    fitted = bench.fit(SETTINGS | given)
    residuals = bench.margins(fitted, rows)[:, 0] - salaries
    assert 1 - np.square(residuals).sum() / np.square(salaries - salaries.mean()).sum() > 0.95
