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

CORPUS = Path(__file__).parents[2] / "corpus"
CONTENT_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": "text/libsvm",
    "npy": "application/x-npy",
    "parquet": "application/x-parquet",
    "recordio": "application/x-recordio-protobuf",
}
FILES = sorted(path for group in CONTENT_TYPES for path in (CORPUS / group).iterdir() if path.suffix != ".expected")
LAYOUT = Layout(width=3)


def body(path: Path) -> bytes:
    if path.suffix != ".repeat":
        return path.read_bytes()
    return b"".join(text.encode("latin-1") * times for text, times in json.loads(path.read_text()))


def expected(path: Path) -> str:
    beside = path.with_name(path.name.removesuffix(".repeat") + ".expected")
    return beside.read_text().strip() if beside.exists() else ""


def dense(dataset: Dataset) -> np.ndarray:
    features = dataset.features
    if isinstance(features, Sparse):
        matrix = np.full(features.shape, np.nan, np.float32)
        matrix[np.repeat(np.arange(dataset.rows), np.diff(features.offsets)), features.columns] = features.values
        return matrix
    return features


CASES = [
    pytest.param(path, road, id=f"{road} {path.parent.name}/{path.name}")
    for path in FILES
    for road in ("decode", "read")
    if (path.name, road) != ("400-unfolds.parquet", "read")  # a bound for bodies; files are read in blocks
]


@pytest.mark.parametrize(("path", "road"), CASES)
def test_corpus(path: Path, road: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codec = codecs.find(MediaType(CONTENT_TYPES[path.parent.name]))
    data = body(path)

    def run() -> Dataset:
        if road == "decode":
            return codec.decode(data, LAYOUT, {}, "body")
        return codecs.gather.concatenate(codec.read(io.BytesIO(data), LAYOUT, {}, "body"), "body")

    if path.name.startswith("200-"):
        dataset = run()
        assert dataset.width == 3
        assert not isinstance(dataset.features, np.ndarray) or dataset.features.flags.c_contiguous
        if rows := expected(path):
            np.testing.assert_array_equal(dense(dataset), np.array(json.loads(rows), dtype=np.float32))
    else:
        assert path.name.startswith("400-"), "the name must begin with the verdict"
        with pytest.raises(UserError, match=r"^body") as caught:
            run()
        # A stream has no size to hold the npy header against: it is known to be wrong only at its end.
        assert expected(path) in str(caught.value) or (road == "read" and "header announces" in str(caught.value))
    assert not (tmp_path / "pickle-was-run").exists()


def test_every_verdict_has_its_file() -> None:
    names = {path.parent / path.name.removesuffix(".repeat") for path in FILES}
    sidecars = {path.with_suffix("") for group in CONTENT_TYPES for path in (CORPUS / group).glob("*.expected")}
    assert sidecars <= names
