from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contract.paths import Paths
from local_mode import host_folder
from local_mode.channel import Channel
from local_mode.engine import Mount
from local_mode.metrics import Definition
from local_mode.request import Request


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    for key in ("a", "deep/b"):
        (tmp_path / "data" / key).write_text(key)
    return tmp_path / "data"


def written(tmp_path: Path, request: Request, host: str = "algo-1") -> tuple[Paths, dict[str, Any]]:
    folder = tmp_path / host
    host_folder.write(folder, "/opt/ml", request, "job", host, (Definition("m", re.compile("m=(.*)")),))
    paths = Paths(folder)
    return paths, {path.stem: json.loads(path.read_text()) for path in paths.config.iterdir()}


def test_configuration_has_every_field(tmp_path: Path, data: Path) -> None:
    channels = (Channel("train", data, "text/csv"), Channel("other", data, input_mode="FastFile"))
    request = Request("image", channels, {"a": "1"}, hosts=2, checkpoints=tmp_path / "kept")
    paths, config = written(tmp_path, request, "algo-2")
    assert config["hyperparameters"] == {"a": "1"}
    assert config["inputdataconfig"] == {
        "train": {
            "ContentType": "text/csv",
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
            "CompressionType": "None",
        },
        "other": {
            "TrainingInputMode": "FastFile",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
            "CompressionType": "None",
        },
    }
    hosts = ["algo-1", "algo-2"]
    assert config["resourceconfig"] == {
        "current_host": "algo-2",
        "current_instance_type": "local",
        "current_group_name": "homogeneousCluster",
        "hosts": hosts,
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": "local", "hosts": hosts}],
        "network_interface_name": "eth0",
    }
    assert config["checkpointconfig"] == {"LocalPath": "/opt/ml/checkpoints", "S3Uri": (tmp_path / "kept").as_uri()}
    assert config["metric-definition-regex"] == [{"Name": "m", "Regex": "m=(.*)"}]
    manifest = json.loads((paths.data / "train-manifest").read_text())
    assert manifest == [{"prefix": data.as_uri() + "/"}, "a", "deep/b"]


def test_job_without_checkpoints_has_no_checkpoint_config(tmp_path: Path, data: Path) -> None:
    _, config = written(tmp_path, Request("image", (Channel("train", data),)))
    assert "checkpointconfig" not in config


def test_whole_folders_are_mounted_and_shares_are_linked(tmp_path: Path, data: Path) -> None:
    channels = (
        Channel("whole", data),
        Channel("one", data / "a"),
        Channel("share", data, distribution="ShardedByS3Key"),
        Channel("piped", data, input_mode="Pipe"),
    )
    request = Request("image", channels, hosts=2)
    paths, _ = written(tmp_path, request, "algo-2")
    assert sorted(str(path.relative_to(paths.data)) for path in paths.data.rglob("*") if path.is_file()) == [
        "one-manifest",
        "one/a",
        "share-manifest",
        "share/deep/b",
        "whole-manifest",
    ]
    assert not paths.channel("piped").exists()
    assert host_folder.mounts(tmp_path / "algo-2", request) == (
        Mount(paths.config, "input/config"),
        Mount(paths.data, "input/data"),
        Mount(data, "input/data/whole"),
        Mount(paths.model, "model", read_only=False),
        Mount(paths.output, "output", read_only=False),
    )
