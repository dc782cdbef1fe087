"""What SageMaker tells a training container: hyperparameters, channels, hosts, checkpoints.

Only hyperparameters.json is always there. Every other file and field may be missing, as in the SDK's local mode.
Source: SageMaker developer guide, "How Amazon SageMaker Provides Training Information".
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract import hyperparameters_file
from contract.errors import PlatformError, UserError, show
from contract.paths import DEFAULT_BASE, Paths

ALONE = "algo-1"
"""The host's name where resourceconfig.json names none."""


@dataclass(frozen=True)
class ChannelConfig:
    """One entry of inputdataconfig.json; `content_type` is None where the request gave none."""

    name: str
    content_type: str | None = None
    input_mode: str = "File"
    distribution: str = "FullyReplicated"
    record_wrapper: str = "None"
    compression: str = "None"

    @property
    def piped(self) -> bool:
        return self.input_mode == "Pipe"

    @property
    def sharded(self) -> bool:
        return self.distribution == "ShardedByS3Key"


@dataclass(frozen=True)
class TrainingEnvironment:
    """The training job as this host sees it. `hyperparameters` are the raw strings."""

    job_name: str
    hyperparameters: Mapping[str, str]
    channels: Mapping[str, ChannelConfig]
    hosts: tuple[str, ...] = (ALONE,)
    current_host: str = ALONE
    network_interface: str | None = None
    checkpoint_path: Path | None = None
    """Where checkpoints go; None where the job has no CheckpointConfig."""

    @classmethod
    def read(cls, paths: Paths) -> TrainingEnvironment:
        """Read /opt/ml/input/config. Raises UserError naming the file that is missing or not as SageMaker writes it."""
        resources = _object(paths.resource_config) or {}
        hosts = _hosts(resources, paths.resource_config)
        interface = resources.get("network_interface_name")
        return cls(
            job_name=os.environ.get("TRAINING_JOB_NAME", ""),
            hyperparameters=hyperparameters_file.read(paths.hyperparameters),
            channels=_channels(paths.input_data_config),
            hosts=hosts,
            current_host=_current_host(resources, hosts, paths.resource_config),
            network_interface=str(interface) if interface else None,
            checkpoint_path=_checkpoint_path(paths),
        )

    @property
    def rank(self) -> int:
        """This host's place among all hosts, from 0."""
        return self.hosts.index(self.current_host)

    @property
    def leader(self) -> bool:
        return self.rank == 0


def _channels(path: Path) -> dict[str, ChannelConfig]:
    return {name: _channel(name, fields, path) for name, fields in (_object(path) or {}).items()}


def _channel(name: str, fields: object, path: Path) -> ChannelConfig:
    if not isinstance(fields, dict):
        raise UserError(f"channel {show(name)} is {show(fields)}; expected an object with ContentType", where=str(path))

    def text(key: str, default: str) -> str:
        return str(fields.get(key) or default)

    return ChannelConfig(
        name=name,
        content_type=text("ContentType", "") or None,
        input_mode=text("TrainingInputMode", "File"),
        distribution=text("S3DistributionType", "FullyReplicated"),
        record_wrapper=text("RecordWrapperType", "None"),
        compression=text("CompressionType", "None"),
    )


def _hosts(resources: Mapping[str, object], path: Path) -> tuple[str, ...]:
    hosts = resources.get("hosts") or [resources.get("current_host") or ALONE]
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise UserError(f"'hosts' is {show(hosts)}; expected a list of names", where=str(path))
    return tuple(sorted(hosts))


def _current_host(resources: Mapping[str, object], hosts: tuple[str, ...], path: Path) -> str:
    host = resources.get("current_host") or hosts[0]
    if host not in hosts:
        raise UserError(f"'current_host' {show(host)} is not among 'hosts' {show(hosts)}", where=str(path))
    return str(host)


def _checkpoint_path(paths: Paths) -> Path | None:
    config = _object(paths.checkpoint_config)
    if config is None:
        return None
    path = Path(str(config.get("LocalPath") or paths.checkpoints))
    # Under a private folder in place of /opt/ml, what the job says about /opt/ml is meant there.
    return paths.base / path.relative_to(DEFAULT_BASE) if path.is_relative_to(DEFAULT_BASE) else path


def _object(path: Path) -> dict[str, object] | None:
    """A JSON object, None where the file is missing. A byte order mark is accepted."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PlatformError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"not JSON: {error}", where=str(path)) from error
    if not isinstance(value, dict):
        raise UserError(f"{show(value)} is not a JSON object", where=str(path))
    return value
