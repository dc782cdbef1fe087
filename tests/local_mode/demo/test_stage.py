from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import AlgorithmError
from local_mode.channel import Channel
from local_mode.demo.stage import Stage


def test_channel_is_named_by_its_folder(stage: Stage) -> None:
    channel = stage.write("raw/train/rows.csv", "1,2\n", "text/csv")
    assert channel == Channel("train", stage.folder / "raw" / "train", "text/csv")
    assert (channel.path / "rows.csv").read_text() == "1,2\n"


def test_clear_leaves_nothing_of_an_earlier_run(stage: Stage) -> None:
    stage.write("train/stale.csv", b"1\n", "text/csv")
    stage.clear()
    assert list(stage.folder.iterdir()) == []


def test_job_that_fails_is_told_with_its_reason(stage: Stage) -> None:
    channel = stage.write("train/rows.csv", "1,2\n", "text/csv;label_size=0")
    settings = {"feature_dim": "2", "num_components": "3", "mini_batch_size": "1"}
    with pytest.raises(AlgorithmError, match=r"ended as Failed: .*'num_components': '3' is above feature_dim"):
        stage.train("pca", (channel,), settings)


def test_model_is_kept_under_a_name_that_does_not_change(stage: Stage) -> None:
    channel = stage.write("train/rows.csv", "1,2\n2,1\n3,5\n", "text/csv;label_size=0")
    result = stage.train("pca", (channel,), {"feature_dim": "2", "num_components": "1", "mini_batch_size": "3"})
    kept = stage.keep(result, "pca.tar.gz")
    assert kept == stage.folder / "pca.tar.gz"
    assert result.model is not None
    assert kept.read_bytes() == Path(result.model).read_bytes()
    assert "model.tar.gz with model.json" in stage.show.console.export_text()
