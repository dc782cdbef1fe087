"""Every number survives, and bytes that are no checkpoint are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training_scripts.linear_learner import checkpoint
from training_scripts.linear_learner.checkpoint import Checkpoint
from training_scripts.linear_learner.progress import Best, Progress

STATE = {
    "weights": np.array([[1.1, np.float32(1e-38)]], dtype=np.float32),
    "sums": np.array([math.pi, 1e-300]),
    "step": np.array(2**40),
    "done": np.array([True, False]),
    "nothing": np.zeros((0, 3), dtype=np.float32),
}
BEST = Best(3, 1, 0.1 + 0.2, 0.25, np.array([[1.5, 2.5]], dtype=np.float32), np.array([0.1], dtype=np.float32))


def test_every_number_survives() -> None:
    progress = Progress({"train": [[0.1 + 0.2, math.nan]]}, BEST, 1 / 3, 2, [[0.5, 1 / 7]], finished=True)
    found = checkpoint.decode(checkpoint.encode(Checkpoint(progress, STATE)))
    assert repr(found.progress.losses) == repr(progress.losses)
    assert (found.progress.mark, found.progress.stale, found.progress.epochs) == (1 / 3, 2, 1)
    assert found.progress.best is not None
    best = found.progress.best
    assert (best.epoch, best.model, best.value, best.loss) == (3, 1, 0.1 + 0.2, 0.25)
    assert found.progress.finished
    np.testing.assert_array_equal(found.progress.best.weights, BEST.weights)
    np.testing.assert_array_equal(found.progress.best.biases, BEST.biases)
    assert found.state.keys() == STATE.keys()
    for name, array in STATE.items():
        assert found.state[name].dtype == array.dtype
        assert found.state[name].shape == array.shape
        np.testing.assert_array_equal(found.state[name], array)


def test_before_anything_was_good() -> None:
    found = checkpoint.decode(checkpoint.encode(Checkpoint(Progress(stale=1), STATE)))
    assert found.progress == Progress(stale=1)


@pytest.mark.parametrize("data", [b"", b"{}", b"{}\n", b"no json\nrest"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Exception, match=r".+"):
        checkpoint.decode(data)


def test_a_cut_one_is_refused() -> None:
    data = checkpoint.encode(Checkpoint(Progress(), STATE))
    with pytest.raises(Exception, match=r".+"):
        checkpoint.decode(data[:-3])
