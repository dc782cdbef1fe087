"""The model directory: what is written into one, and what passes that is not quite as it was written."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from contract.artifact import Manifest, Schema, bare_file, verify, write
from contract.manifest import decode, encode

MODEL = "xgboost-model"


def check(directory: Path) -> Manifest | None:
    return verify(directory, algorithm="xgboost", libraries={"xgboost": "3.2.0"})


def test_the_good_one_passes(model: Path) -> None:
    verified = check(model)
    assert verified is not None
    assert verified.features == Schema(count=4)
    assert set(verified.files) == {MODEL}


def test_code_and_dotfiles_do_no_harm(model: Path) -> None:
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text("raise SystemExit")
    (model / "._xgboost-model").write_bytes(b"\0")
    (model / ".cache").mkdir()
    (model / ".cache" / "anything").write_bytes(b"\0")
    assert check(model) is not None


@pytest.mark.parametrize("archive", ["model.tar.gz", "output.tar.gz"])
def test_archives_beside_their_content_do_no_harm(archive: str, model: Path) -> None:
    (model / archive).write_bytes(b"never read")
    assert verify(model) is not None


def test_an_older_or_patched_library_is_fine(model: Path, manifest: Manifest) -> None:
    for version in ("1.7.6", "3.2.9", "3.2"):
        write(model, replace(manifest, libraries={"xgboost": version}))
        assert check(model) is not None


def test_a_bare_directory_has_no_manifest(model: Path) -> None:
    (model / "model.json").unlink()
    for name in ("README.md", "tokenizer.json"):
        (model / name).write_text("beside it")
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text("raise SystemExit")
    assert check(model) is None
    assert bare_file(model, MODEL) == model / MODEL


def test_write_lists_every_file_and_comes_last(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "xgboost-model-0").write_bytes(b"a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "xgboost-model-1").write_bytes(b"bb")
    complete = write(tmp_path, manifest)
    assert {name: file.bytes for name, file in complete.files.items()} == {
        "folder/xgboost-model-1": 2,
        "xgboost-model-0": 1,
    }
    assert verify(tmp_path) == complete
    assert write(tmp_path, manifest) == complete  # once more: model.json does not list itself


def test_a_manifest_survives_its_file(manifest: Manifest) -> None:
    whole = replace(
        manifest,
        features=Schema(2, names=("a", "b"), missing_allowed=False, classes=(0, 1.5, "x")),
        metrics={"validation:auc": 0.5, "validation:rmse": 2},
        details={"num_class": 3, "nested": {"a": [1]}},
    )
    assert decode(encode(whole)) == whole


def test_a_metric_that_is_not_finite_is_kept_as_nan(manifest: Manifest) -> None:
    for value in (math.nan, math.inf):
        read = decode(encode(replace(manifest, metrics={"validation:auc": value})))
        assert math.isnan(read.metrics["validation:auc"])
