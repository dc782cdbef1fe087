from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.environment import ChannelConfig, TrainingEnvironment
from contract.errors import UserError
from contract.paths import Paths


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "input" / "config"
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text("{}")
    return folder


def read(config: Path) -> TrainingEnvironment:
    return TrainingEnvironment.read(Paths(config.parent.parent))


def test_everything_a_real_job_says(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINING_JOB_NAME", "claims-1")
    (config / "hyperparameters.json").write_text('{"num_round": "9", "eta": "0.10"}')
    channel = {
        "ContentType": "text/csv",
        "TrainingInputMode": "Pipe",
        "S3DistributionType": "ShardedByS3Key",
        "RecordWrapperType": "RecordIO",
        "CompressionType": "Gzip",
    }
    (config / "inputdataconfig.json").write_text(json.dumps({"train": channel}))
    resources = {
        "current_host": "algo-2",
        "hosts": ["algo-2", "algo-1"],
        "network_interface_name": "eth0",
        "current_instance_type": "ml.m5.xlarge",
        "current_group_name": "homogeneousCluster",
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "hosts": ["algo-1", "algo-2"]}],
    }
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    (config / "checkpointconfig.json").write_text('{"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/checkpoints/mine"}')
    environment = read(config)
    assert environment.job_name == "claims-1"
    assert environment.hyperparameters == {"num_round": "9", "eta": "0.10"}
    assert environment.channels == {
        "train": ChannelConfig("train", "text/csv", "Pipe", "ShardedByS3Key", "RecordIO", "Gzip")
    }
    assert environment.hosts == ("algo-1", "algo-2")
    assert (environment.rank, environment.leader) == (1, False)
    assert environment.network_interface == "eth0"
    assert environment.checkpoint_path == config.parent.parent / "checkpoints" / "mine"


def test_hyperparameters_alone_are_enough(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAINING_JOB_NAME", raising=False)
    environment = read(config)
    assert environment.channels == {}
    assert environment.leader
    assert environment.checkpoint_path is None
    assert environment.network_interface is None


def test_hosts_have_any_name(config: Path) -> None:
    (config / "resourceconfig.json").write_text('{"current_host": "algo-1-x7k2p"}')
    environment = read(config)
    assert environment.hosts == ("algo-1-x7k2p",)
    assert environment.leader


def test_checkpoints_outside_opt_ml_stay_where_they_are_said_to_be(config: Path, tmp_path: Path) -> None:
    (config / "checkpointconfig.json").write_text(json.dumps({"LocalPath": str(tmp_path / "elsewhere")}))
    assert read(config).checkpoint_path == tmp_path / "elsewhere"
    (config / "checkpointconfig.json").write_text("{}")
    assert read(config).checkpoint_path == config.parent.parent / "checkpoints"


def test_values_that_are_no_strings_stay_the_text_that_was_meant(config: Path) -> None:
    (config / "hyperparameters.json").write_bytes(b'\xef\xbb\xbf{"a": 5, "b": 0.10, "c": [1, 2]}')
    assert read(config).hyperparameters == {"a": "5", "b": "0.10", "c": "[1, 2]"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("hyperparameters.json", "{", "is not JSON"),
        ("hyperparameters.json", "[]", "is not a JSON object"),
        ("hyperparameters.json", "[" * 100_000, "nests its values too deeply"),
        ("hyperparameters.json", '{"eta": null}', "has null for 'eta'"),
        ("hyperparameters.json", '{"eta": "1", "eta": "2"}', "has the key 'eta' twice"),
        ("inputdataconfig.json", "[" * 100_000, "not JSON"),
        ("inputdataconfig.json", '{"train": "text/csv"}', "channel 'train' is 'text/csv'"),
        ("resourceconfig.json", '{"hosts": "algo-1"}', "'hosts' is 'algo-1'"),
        ("resourceconfig.json", '{"hosts": ["algo-1"], "current_host": "algo-2"}', "'current_host' 'algo-2'"),
        ("checkpointconfig.json", "null", "None is not a JSON object"),
    ],
)
def test_a_bad_file_is_named(config: Path, name: str, text: str, says: str) -> None:
    (config / name).write_text(text)
    with pytest.raises(UserError) as caught:
        read(config)
    assert name in str(caught.value)
    assert says in str(caught.value)


def test_missing_hyperparameters_are_told(config: Path) -> None:
    (config / "hyperparameters.json").unlink()
    with pytest.raises(UserError, match=r"there is no file .*hyperparameters\.json"):
        read(config)
