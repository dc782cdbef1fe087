"""One host's /opt/ml as the service lays it out before it starts the container."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from contract.paths import Paths
from local_mode.channel import Channel
from local_mode.engine import Mount
from local_mode.metrics import Definition
from local_mode.request import Request, arn

GROUP = "homogeneousCluster"
INTERFACE = "eth0"


def write(folder: Path, base: str, request: Request, name: str, host: str, definitions: tuple[Definition, ...]) -> None:
    """Fill `folder`, which the job will see as `base`: configuration, channels, empty places for the results."""
    paths = Paths(folder)
    for path in (paths.config, paths.data, paths.model, paths.output_data):
        path.mkdir(parents=True)
    files: dict[str, Any] = {
        "hyperparameters": dict(request.hyperparameters),
        "inputdataconfig": {channel.name: _input_data_config(channel) for channel in request.channels},
        "resourceconfig": _resource_config(request, host),
        # Real jobs have these too. Nothing documents them: an image may read them, and must not need them.
        "init-config": {"inputMode": "File"},
        "metric-definition-regex": [{"Name": one.name, "Regex": one.regex.pattern} for one in definitions],
        "trainingjobconfig": {"TrainingJobName": name, "TrainingJobArn": arn(name)},
        "upstreamoutputdataconfig": [],
    }
    if request.checkpoints is not None:
        uri = request.checkpoints.resolve().as_uri()
        files["checkpointconfig"] = {"S3Uri": uri, "LocalPath": f"{base}/checkpoints"}
    for word, content in files.items():
        (paths.config / f"{word}.json").write_text(json.dumps(content, indent=1))
    rank = request.host_names.index(host)
    for channel in request.channels:
        _write_channel(paths, channel, rank, request.hosts)


def mounts(folder: Path, request: Request) -> tuple[Mount, ...]:
    """What the container sees of `folder` and of the caller's data. The inputs cannot be written to."""
    paths = Paths(folder)
    found = [
        Mount(paths.config, "input/config"),
        Mount(paths.data, "input/data"),
        *(Mount(channel.path, f"input/data/{channel.name}") for channel in request.channels if _mounted(channel)),
        Mount(paths.model, "model", read_only=False),
        Mount(paths.output, "output", read_only=False),
    ]
    if request.checkpoints is not None:
        found.append(Mount(request.checkpoints, "checkpoints", read_only=False))
    return tuple(found)


def _mounted(channel: Channel) -> bool:
    return channel.whole and not channel.piped


def _write_channel(paths: Paths, channel: Channel, rank: int, hosts: int) -> None:
    """A folder with the host's files, or an empty one to mount the whole on. A Pipe channel's FIFOs come later."""
    if channel.piped:
        return
    target = paths.channel(channel.name)
    target.mkdir()
    keys = channel.keys(rank, hosts)
    if not _mounted(channel):
        for key in keys:
            _link(channel.root / key, target / key)
    manifest = [{"prefix": channel.root.resolve().as_uri() + "/"}, *keys]
    (paths.data / f"{channel.name}-manifest").write_text(json.dumps(manifest))


def _link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the file system cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def _input_data_config(channel: Channel) -> dict[str, str]:
    config = {
        "TrainingInputMode": channel.input_mode,
        "S3DistributionType": channel.distribution,
        "RecordWrapperType": channel.record_wrapper,
        "CompressionType": channel.compression,
    }
    return config if channel.content_type is None else {"ContentType": channel.content_type} | config


def _resource_config(request: Request, host: str) -> dict[str, Any]:
    hosts = list(request.host_names)
    return {
        "current_host": host,
        "current_instance_type": request.instance_type,
        "current_group_name": GROUP,
        "hosts": hosts,
        "instance_groups": [{"instance_group_name": GROUP, "instance_type": request.instance_type, "hosts": hosts}],
        "network_interface_name": INTERFACE,
    }
