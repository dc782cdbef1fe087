"""Which look is taken when, and how near to the textbook the sketch comes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from contract import resources
from contract.dataset import Dataset
from contract.errors import UserError
from training_scripts.pca import modes
from training_scripts.pca.hyperparameters import Hyperparameters
from training_scripts.pca.reading import Reader


@dataclass
class Channel:
    """Rows at hand, in place of a channel's; counts how often they are read, and calls `after` behind each block."""

    rows: np.ndarray
    piped: bool = False
    name: str = "train"
    content_type: str = "text/csv"
    reads: int = 0
    after: list = field(default_factory=list)

    def blocks(self) -> Iterator[Dataset]:
        self.reads += 1
        for start in range(0, len(self.rows), 300):
            yield Dataset(self.rows[start : start + 300])
            for call in self.after:
                call(self)


def reader(rows, **more) -> Reader:
    return Reader(Channel(rows, **more), rows.shape[1], SimpleNamespace(stopping=False, cpus=2))


def given(width, count, mode="regular", **more) -> Hyperparameters:
    return Hyperparameters(feature_dim=width, num_components=count, mini_batch_size=1, algorithm_mode=mode, **more)


@functools.lru_cache
def spectrum(kind, rows=1200, width=340):
    """Rows whose singular values fall slowly, fast, or not at all."""
    random = np.random.default_rng(5)
    sizes = {
        "flat": np.ones(width),
        "slow": np.arange(1, width + 1) ** -0.5,
        "fast": np.arange(1, width + 1) ** -1.0,
        "few": np.where(np.arange(width) < 7, 1.0, 0.0),
    }[kind]
    turn, _ = np.linalg.qr(random.normal(size=(width, width)))
    return ((random.normal(size=(rows, width)) * sizes) @ turn.T + 3).astype(np.float32)


def svd(rows, count, *, centred=True):
    exact = rows.astype(np.float64)
    return np.linalg.svd(exact - exact.mean(axis=0) * centred, compute_uv=False)[:count][::-1]


def missed(found, rows, count) -> float:
    """The share of the best possible explained variance that the components do not explain."""
    exact = rows.astype(np.float64)
    explained = (((exact - exact.mean(axis=0)) @ found.vectors) ** 2).sum()
    return 1 - explained / (svd(rows, count) ** 2).sum()


@pytest.mark.parametrize("count", [5, 340])
@pytest.mark.parametrize("kind", ["flat", "slow", "fast", "few"])
def test_regular_reads_again_only_where_float32_is_too_coarse(kind, count):
    rows = spectrum(kind)
    looks = reader(rows)
    found = modes.find(looks, given(340, count))
    expected = svd(rows, count)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-6 * expected[-1])
    assert looks.channel.reads == (1 if count == 5 or kind in ("flat", "slow") else 2)


@pytest.mark.parametrize(("width", "piped"), [(340, True), (100, False)])
def test_float64_at_once_where_it_costs_little_or_nothing_else_is_left(width, piped):
    looks = reader(spectrum("few", width=width), piped=piped)
    found = modes.find(looks, given(width, width))
    assert looks.channel.reads == 1
    np.testing.assert_array_equal(found.values[: width - 7], 0)


@pytest.mark.parametrize("kind", ["flat", "slow", "fast"])
def test_the_sketch_misses_about_as_little_as_scikit_learns(kind):
    rows = spectrum(kind)
    found = modes.find(reader(rows), given(340, 4, "randomized", extra_components=6))
    theirs = PCA(4, svd_solver="randomized", n_oversamples=6, random_state=0).fit(rows)
    other = missed(
        found.__class__(found.values, theirs.components_.T[:, ::-1].astype(np.float64), *([None] * 3)), rows, 4
    )
    assert missed(found, rows, 4) <= max(1.2 * other, 1e-6)


def test_the_sketch_of_few_directions_is_exact_and_stops_looking():
    rows = spectrum("few")
    looks = reader(rows)
    found = modes.find(looks, given(340, 9, "randomized", extra_components=1))
    np.testing.assert_allclose(found.values, svd(rows, 9), atol=1e-3 * found.values[-1])
    np.testing.assert_allclose(found.values[2:], svd(rows, 7), rtol=1e-5)
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(9), atol=1e-6)
    assert looks.channel.reads == 2


def test_more_directions_are_more_accurate():
    rows = spectrum("slow")
    few, many = (
        missed(modes.find(reader(rows, piped=True), given(340, 2, "randomized", extra_components=extra)), rows, 2)
        for extra in (0, 10)
    )
    assert many < few / 3


def test_a_pipe_is_looked_at_once_and_the_sketch_is_the_same_every_time():
    rows = spectrum("fast")
    looks = reader(rows, piped=True)
    found = modes.find(looks, given(340, 4, "randomized", extra_components=6))
    assert looks.channel.reads == 1
    assert missed(found, rows, 4) < 0.01
    again = modes.find(reader(rows, piped=True), given(340, 4, "randomized", extra_components=6))
    np.testing.assert_array_equal(found.vectors, again.vectors)


@pytest.mark.parametrize("centred", [True, False])
def test_the_sketch_centres_where_asked(centred):
    rows = spectrum("few")
    found = modes.find(reader(rows), given(340, 8, "randomized", extra_components=2, subtract_mean=centred))
    np.testing.assert_allclose(found.values, svd(rows, 8, centred=centred), atol=1e-3 * found.values[-1])
    assert found.mean.any() == centred


def test_randomized_takes_the_whole_where_that_is_no_more_work():
    rows = spectrum("slow")
    looks = reader(rows)
    found = modes.find(looks, given(340, 20, "randomized"))
    assert looks.channel.reads == 1
    np.testing.assert_allclose(found.values, svd(rows, 20), rtol=1e-5)


def test_regular_beyond_the_memory_is_refused_and_randomized_is_not(monkeypatch):
    rows = spectrum("fast")
    monkeypatch.setattr(resources, "memory_bytes", lambda: 1 << 20)
    with pytest.raises(
        UserError, match=r"'regular' with 340 features needs about 6 MB; the limit is 1 MB: take .*'randomized'"
    ):
        modes.find(reader(rows), given(340, 2))
    assert missed(modes.find(reader(rows), given(340, 20, "randomized")), rows, 20) < 1e-4


@pytest.mark.parametrize("mode", ["regular", "randomized"])
@pytest.mark.parametrize("stop_in", [1, 2])
def test_a_stop_ends_the_look_and_keeps_the_last_whole_one(mode, stop_in):
    rows = spectrum("fast")
    looks = reader(rows)

    def stop(channel) -> None:
        looks.job.stopping = channel.reads == stop_in

    looks.channel.after.append(stop)
    found = modes.find(
        looks,
        given(340, 340 if mode == "regular" else 4, mode, **({} if mode == "regular" else {"extra_components": 6})),
    )
    assert found.rows == (600 if stop_in == 1 else 1200)
    assert looks.channel.reads == stop_in
    assert np.isfinite(found.vectors).all()


@pytest.mark.parametrize("mode", ["regular", "randomized"])
@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_data_whose_products_float32_cannot_hold_are_read_once_more(mode, size):
    rows = ((spectrum("fast") - 3) * size).astype(np.float32)
    looks = reader(rows)
    found = modes.find(looks, given(340, 4, mode, **({} if mode == "regular" else {"extra_components": 6})))
    np.testing.assert_allclose(found.values, svd(rows, 4), rtol=1e-5 if mode == "regular" else 1e-3)
    assert looks.channel.reads >= 2
