"""What the report tells of components."""

from __future__ import annotations

import numpy as np
import pytest

from training_scripts.summary import Bars, Curves, Table


@pytest.fixture
def summary(bench, text):
    random = np.random.default_rng(0)
    rows = np.column_stack([random.normal(size=400) * size for size in (10, 5, 1, 0.1)])
    bench.give(text(rows))
    bench.give(text(rows[:7]), channel="test")
    return bench.found(feature_dim=4, num_components=3).summary


def test_shares_strongest_first_and_their_sums(summary):
    shares, sums, _ = summary.sections
    assert isinstance(shares, Bars)
    assert list(shares.values) == ["component 1", "component 2", "component 3"]
    assert list(shares.values.values()) == sorted(shares.values.values(), reverse=True)
    assert isinstance(sums, Curves)
    np.testing.assert_allclose(sums.series["explained"], np.cumsum(list(shares.values.values())))
    assert sums.series["explained"][-1] == pytest.approx(summary.metrics["train-explained_variance_ratio"])
    assert sums.note == "3 components explain 100.0%; the first 2 explain 90%."


def test_loadings_name_the_features_that_weigh_most(summary):
    loadings = summary.sections[2]
    assert isinstance(loadings, Table)
    assert [row[1].split(",")[0] for row in loadings.rows] == ["f0 +1.00", "f1 +1.00", "f2 +1.00"]


def test_channels_and_figures(summary):
    assert [(channel.name, channel.rows, channel.columns) for channel in summary.channels] == [
        ("train", 400, 4),
        ("test", 7, 4),
    ]
    assert list(summary.seconds) == ["read", "solve", "test"]
    assert summary.title == "PCA, regular"
