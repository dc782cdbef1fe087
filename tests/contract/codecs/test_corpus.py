"""Every file of tests/corpus/<format> is a request body for a model of 3 features; its name says what comes of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from contract import codecs
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError
from contract.media_type import MediaType
from tests.corpus import cases
from tests.corpus.cases import Case

LAYOUT = Layout(width=cases.FEATURES)


def dense(dataset: Dataset) -> np.ndarray:
    features = dataset.features
    if isinstance(features, Sparse):
        matrix = np.full(features.shape, np.nan, np.float32)
        matrix[np.repeat(np.arange(dataset.rows), np.diff(features.offsets)), features.columns] = features.values
        return matrix
    return features


CASES = [
    pytest.param(case, road, id=f"{road} {case}")
    for case in cases.find(*cases.BODIES)
    for road in ("decode", "read")
    if (case.path.name, road) != ("400-unfolds.parquet", "read")  # a bound for bodies; files are read in blocks
]


@pytest.mark.parametrize(("case", "road"), CASES)
def test_corpus(case: Case, road: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codec = codecs.find(MediaType(cases.CONTENT_TYPES[case.folder]))
    data = case.content

    def run() -> Dataset:
        if road == "decode":
            return codec.decode(data, LAYOUT, {}, "body")
        return codecs.gather.concatenate(codec.read(io.BytesIO(data), LAYOUT, {}, "body"), "body")

    if case.status == 200:
        dataset = run()
        assert dataset.width == cases.FEATURES
        assert not isinstance(dataset.features, np.ndarray) or dataset.features.flags.c_contiguous
        if rows := case.expected:
            np.testing.assert_array_equal(dense(dataset), np.array(json.loads(rows), dtype=np.float32))
    else:
        assert case.status == 400, "a body is either accepted or malformed"
        with pytest.raises(UserError, match=r"^body") as caught:
            run()
        # A stream has no size to hold the npy header against: it is known to be wrong only at its end.
        assert case.expected in str(caught.value) or (road == "read" and "header announces" in str(caught.value))
    assert not (tmp_path / "pickle-was-run").exists()
