"""A PCA job in a private folder, fitted in this process; numpy's SVD beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load
from threadpoolctl import threadpool_limits

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Floats, Sparse
from tests.training_scripts.bench import Bench
from training_scripts import pca as algorithm
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.pca.hyperparameters import Hyperparameters

CSV = "text/csv;label_size=0"


def text(matrix: NDArray[np.floating]) -> bytes:
    """Rows as csv that reads back as the same float32."""
    return "".join(",".join(map(repr, row)) + "\n" for row in matrix.astype(np.float32).tolist()).encode()


def records(matrix: Floats | Sparse) -> bytes:
    return recordio_protobuf.encode(Dataset(matrix))


@dataclass(frozen=True)
class Answer:
    """What the textbook gives: singular values (n,) and vectors (width, n), weakest first."""

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]

    def agrees(self, model: Mapping[str, Floats], tolerance: float = 1e-5) -> None:
        """Fails unless the model is the same up to the vectors' signs, relative to the strongest."""
        np.testing.assert_allclose(model["s"], self.values, rtol=tolerance, atol=tolerance * self.values[-1])
        cosines = np.abs((model["v"].astype(np.float64) * self.vectors).sum(axis=0))
        np.testing.assert_allclose(cosines, 1, atol=tolerance)


def by_svd(matrix: NDArray[np.floating], count: int, *, centred: bool = True) -> Answer:
    """By numpy.linalg.svd of the data matrix in float64."""
    exact = matrix.astype(np.float32).astype(np.float64)
    _, values, vectors = np.linalg.svd(exact - exact.mean(axis=0) * centred, full_matrices=False)
    return Answer(values[:count][::-1], vectors[:count][::-1].T)


class PcaBench(Bench):
    """Jobs of PCA."""

    def give(self, data: bytes, channel: str = "train", content_type: str = CSV, **more: str) -> None:
        """Add a file to a channel; `more` is its `name` and what the channel's configuration says."""
        self.put(channel, data, content_type, **more)

    def found(self, *, checkpoints: bool = False, **given: object) -> Fitted:
        """Fit with `given` hyperparameters."""
        return self.fit(texts(given), checkpoints=checkpoints)

    def opened(self, **given: object) -> tuple[Job, Hyperparameters]:
        job, values = self.job(texts(given))
        assert isinstance(values, Hyperparameters)
        return job, values

    def model(self, fitted: Fitted) -> dict[str, Floats]:
        """The arrays of the saved model."""
        return load(self.saved(fitted, "model.safetensors"))

    def train(self, **given: object) -> dict[str, Floats]:
        return self.model(self.found(**given))


def texts(given: Mapping[str, object]) -> dict[str, str]:
    return {"mini_batch_size": "100"} | {name: str(value) for name, value in given.items()}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """BLAS's own threads spin while they wait: on a machine with other work the small products here take minutes."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture
def bench(tmp_path: Path) -> PcaBench:
    return PcaBench(tmp_path / "ml", algorithm)


@pytest.fixture(name="text")
def text_of() -> Callable[[NDArray[np.floating]], bytes]:
    return text


@pytest.fixture(name="records")
def records_of() -> Callable[[Floats | Sparse], bytes]:
    return records


@pytest.fixture(name="by_svd")
def svd_of() -> Callable[..., Answer]:
    return by_svd


@pytest.fixture(scope="session")
def measures() -> NDArray[np.float32]:
    """300 rows of 6 features that hang together, of different sizes."""
    random = np.random.default_rng(3)
    mixed = random.normal(size=(300, 6)) @ random.normal(size=(6, 6))
    return (mixed * [1, 2, 3, 10, 0.1, 1] + [5, -3, 0, 100, 0, 1]).astype(np.float32)
