"""What a training job is asked to do, in CreateTrainingJob's words, and the limits that the service holds it to."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract import limits
from contract.errors import UserError, show
from local_mode.channel import Channel

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
ACCOUNT = "000000000000"
ENVIRONMENT_COUNT = 100
MOST_HOSTS = 20


@dataclass(frozen=True)
class Request:
    """`checkpoints` is a folder of the caller's; what lies there is found by the job, and stays for the next one."""

    image: str
    channels: tuple[Channel, ...]
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    hosts: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    checkpoints: Path | None = None
    max_runtime: float = 24 * 3600.0
    isolated: bool = False
    instance_type: str = "local"
    name: str = ""

    def __post_init__(self) -> None:
        _check_hyperparameters(self.hyperparameters)
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise UserError(f"channels {show(names)}: a name stands twice; each channel needs its own")
        if len(names) > limits.CHANNEL_COUNT:
            raise UserError(f"{len(names)} channels are too many: at most {limits.CHANNEL_COUNT}")
        if not 1 <= self.hosts <= MOST_HOSTS:
            raise UserError(f"{self.hosts} hosts: accepted are 1 to {MOST_HOSTS}")
        if self.max_runtime <= 0:
            raise UserError(f"max runtime {self.max_runtime} s is not above 0")
        if len(self.environment) > ENVIRONMENT_COUNT:
            raise UserError(f"{len(self.environment)} environment variables are too many: at most {ENVIRONMENT_COUNT}")
        if self.name and not NAME.fullmatch(self.name):
            raise UserError(
                f"job name {show(self.name)}: accepted are 1 to 63 letters, digits and single dashes inside"
            )

    @property
    def host_names(self) -> tuple[str, ...]:
        return tuple(sorted(f"algo-{number}" for number in range(1, self.hosts + 1)))


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def arn(job_name: str) -> str:
    return f"arn:aws:sagemaker:{region()}:{ACCOUNT}:training-job/{job_name}"


def new_name(image: str) -> str:
    """`<image>-<time to the millisecond>`, as the SDK names jobs; 63 characters at most."""
    time = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H-%M-%S-%f")[:-3]
    word = re.sub(r"[^a-zA-Z0-9]+", "-", image).strip("-")
    return f"{word[: 62 - len(time)].rstrip('-')}-{time}"


def _check_hyperparameters(hyperparameters: Mapping[str, str]) -> None:
    if len(hyperparameters) > limits.HYPERPARAMETER_COUNT:
        raise UserError(f"{len(hyperparameters)} hyperparameters are too many: at most {limits.HYPERPARAMETER_COUNT}")
    for name, value in hyperparameters.items():
        if not isinstance(value, str):
            raise UserError(
                f"hyperparameter {show(name)}: {show(value)} is not a string; the service passes only those"
            )
        if len(name) > limits.HYPERPARAMETER_NAME_CHARACTERS:
            raise UserError(
                f"hyperparameter {show(name)}: its name is over {limits.HYPERPARAMETER_NAME_CHARACTERS} characters"
            )
        if len(value) > limits.HYPERPARAMETER_VALUE_CHARACTERS:
            raise UserError(
                f"hyperparameter {show(name)}: {show(value)} is longer than "
                f"{limits.HYPERPARAMETER_VALUE_CHARACTERS} characters"
            )
