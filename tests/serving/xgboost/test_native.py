"""The C interface gives what the Python package gives, bit for bit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from contract.dataset import Sparse
from contract.errors import AlgorithmError
from serving.xgboost import native

WIDTH = 4
Trained = Callable[[str], xgboost.Booster]
Rows = NDArray[np.float32]


def sparse(rows: Rows) -> Sparse:
    present = ~np.isnan(rows)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    return Sparse(offsets, np.nonzero(present)[1].astype(np.int32), rows[present], rows.shape[1])


def load(booster: xgboost.Booster, form: str = "ubj") -> native.Booster:
    return native.Booster(bytes(booster.save_raw(form)))


def same(ours: Rows, theirs: Rows) -> bool:
    return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("form", ["ubj", "json"])
def test_predictions_are_the_librarys(trained: Trained, kind: str, rows: Rows, form: str) -> None:
    booster = trained(kind)
    ours, expected = load(booster, form), booster.predict(xgboost.DMatrix(rows))
    assert same(ours.predict(rows), expected)
    assert same(ours.predict(sparse(rows)), expected)
    for place in range(len(rows)):
        assert same(ours.predict(rows[place : place + 1]), expected[place : place + 1])


def test_many_rows_are_the_librarys_too(trained: Trained, kind: str) -> None:
    """Sums that round one way in nine rows need not do so in a thousand."""
    random = np.random.default_rng(11)
    many = random.normal(size=(1000, 4)).astype(np.float32)
    many[random.random(many.shape) < 0.2] = np.nan
    ours, expected = load(trained(kind)), trained(kind).predict(xgboost.DMatrix(many))
    assert same(ours.predict(many), expected)
    assert same(ours.predict(sparse(many)), expected)


def test_margins_contributions_and_rounds_are_the_librarys(trained: Trained, kind: str, rows: Rows) -> None:
    booster, matrix = trained(kind), xgboost.DMatrix(rows)
    ours = load(booster)
    assert same(ours.predict(rows, native.MARGIN), booster.predict(matrix, output_margin=True))
    assert same(ours.predict(rows, native.CONTRIBUTIONS), booster.predict(matrix, pred_contribs=True))
    if ours.booster != "gblinear":
        assert same(ours.predict(rows, end=2), booster.predict(matrix, iteration_range=(0, 2)))


def test_no_rows_give_no_predictions(trained: Trained) -> None:
    assert load(trained("reg:squarederror")).predict(np.empty((0, 4), np.float32)).size == 0


def test_what_the_model_knows_of_itself() -> None:
    matrix = xgboost.DMatrix(np.eye(3), [0, 1, 1], feature_names=["age", "größe", "c"])
    booster = xgboost.train({}, matrix, 5)
    booster.set_attr(best_iteration="2")
    ours = load(booster)
    assert (ours.width(), ours.rounds()) == (3, 5)
    assert ours.attribute("best_iteration") == "2"
    assert ours.attribute("nothing") is None
    assert ours.feature_names() == ("age", "größe", "c")
    assert load(xgboost.train({}, xgboost.DMatrix(np.eye(3), [0, 1, 1]), 1)).feature_names() is None


def test_version_is_the_packages() -> None:
    assert native.version() == xgboost.__version__


@pytest.mark.parametrize("content", [b"x", b"{}", b'{"learner": 1}', b"{L"])
def test_bytes_that_are_no_model_raise_one_line(content: bytes) -> None:
    with pytest.raises(AlgorithmError) as caught:
        native.Booster(content)
    assert "\n" not in str(caught.value)
    assert "/workspace" not in str(caught.value)


def test_importing_it_does_not_import_the_package() -> None:
    code = "import sys, serving.xgboost; print(sorted({'xgboost', 'scipy', 'polars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_calls_leave_nothing_behind_for_the_next_nor_for_other_threads(trained: Trained) -> None:
    booster = trained("binary:logistic")
    model, random = load(booster), np.random.default_rng(5)
    batches = [random.normal(size=(rows, WIDTH)).astype(np.float32) for rows in (1, 400, 2, 50, 1)]

    def differ(_: int) -> list[int]:
        theirs = [booster.predict(xgboost.DMatrix(batch)) for batch in batches]
        asked = [(batch, sparse(batch)) for batch in batches]
        return [
            place for place, both in enumerate(asked) for one in both if not same(model.predict(one), theirs[place])
        ]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(differ, range(40))) == [[]] * 40


def test_a_loaded_model_predicts_with_several_threads_after_a_fork(trained: Trained) -> None:
    """OpenMP's threads do not survive a fork: loading and a first prediction must not have started any."""
    content: Any = trained("binary:logistic").save_raw("ubj")
    code = """
import os, sys
import numpy as np
from serving.xgboost import native
model = native.Booster(sys.stdin.buffer.read())
rows = np.random.default_rng(1).normal(size=(20000, 4)).astype(np.float32)
alone = model.predict(rows)
child = os.fork()
if child == 0:
    model.set_threads(2)
    same = np.array_equal(alone, model.predict(rows))
    os._exit(0 if same and len(os.listdir("/proc/self/task")) > 1 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], input=bytes(content), timeout=60, env=environment, check=False)
    assert done.returncode == 0
