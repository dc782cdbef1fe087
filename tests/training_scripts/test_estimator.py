"""A channel as a table, and estimators as files that say the same of the same."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contract import codecs, media_type
from contract.dataset import Layout
from training_scripts import estimator
from training_scripts.channel_data import ChannelData, Format

FEATURES = np.random.default_rng(5).normal(size=(40, 3))


def fitted() -> object:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(FEATURES, FEATURES[:, 0] > 0)


def test_the_same_estimator_has_the_same_bytes() -> None:
    assert estimator.dumps(fitted()) == estimator.dumps(fitted())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    estimator.save(fitted(), tmp_path)
    with (tmp_path / "model.skops").open("rb") as stream:
        found = skops.io.load(stream)
    np.testing.assert_array_equal(found.predict_proba(FEATURES), fitted().predict_proba(FEATURES))  # type: ignore[attr-defined]


def test_objects_that_are_one_stay_one_and_data_keeps_its_names() -> None:
    shared = np.arange(3)
    parts = {"__id__": 7, "file": "x.npy", "one": shared, "two": shared, "sparse": csr_array(np.eye(2)), "bytes": b"z"}
    found = skops.io.loads(estimator.dumps(parts), trusted=["scipy.sparse._csr.csr_array"])
    assert found["one"] is found["two"]
    assert (found["__id__"], found["file"], found["bytes"]) == (7, "x.npy", b"z")
    np.testing.assert_array_equal(found["sparse"].toarray(), np.eye(2))


def test_nothing_tells_of_the_clock_or_the_memory() -> None:
    with zipfile.ZipFile(io.BytesIO(estimator.dumps(fitted()))) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert max(len(Path(member.filename).stem) for member in archive.infolist()) <= len("schema")


@pytest.mark.parametrize(
    ("content_type", "content", "width", "expected"),
    [
        ("text/csv", b"1,2,\n0,,5\n", None, [[2, np.nan], [np.nan, 5]]),
        ("text/libsvm", b"1 0:2\n0 1:5\n", None, [[2, 0], [0, 5]]),
        ("text/libsvm", b"1 0:2\n0 1:5\n", 3, [[2, 0, 0], [0, 5, 0]]),
    ],
)
def test_channel_as_a_table(
    tmp_path: Path, content_type: str, content: bytes, width: int | None, expected: list[list[float]]
) -> None:
    (tmp_path / "part-0").write_bytes(content)
    media = media_type.parse(content_type)
    form = Format(codecs.find(media), media, Layout(label=True))
    features, labels = estimator.load(ChannelData("train", tmp_path, form, files=(tmp_path / "part-0",)), width)
    np.testing.assert_array_equal(features, expected)
    assert features.dtype == np.float64
    assert labels.tolist() == [1, 0]
