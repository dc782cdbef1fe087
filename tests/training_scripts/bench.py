"""A training job in a private folder, fitted in this process, whatever the algorithm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from contract import hyperparameters
from contract.environment import TrainingEnvironment
from contract.paths import Paths
from training_scripts.channels import open_channels
from training_scripts.checkpoints import Store, fingerprint
from training_scripts.fitted import Fitted
from training_scripts.job import Job


class KilledError(Exception):
    """Stands for SIGKILL: the fit ends with nothing saved after it."""


@dataclass
class Interrupted(Job):
    """A job that is killed, or told to stop, when it reports a step."""

    kill_at: int | None = None
    stop_at: int | None = None
    steps: list[int] = field(default_factory=list)

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        self.steps.append(step)
        if step == self.kill_at:
            raise KilledError
        self.stopping = step == self.stop_at
        return super().report(step, values)


@dataclass
class Bench:
    """Jobs in `base`, a folder in place of /opt/ml. `algorithm` is the module that trains."""

    base: Path
    algorithm: ModuleType
    steps: list[int] = field(default_factory=list)
    """The rounds that the latest fit reported."""

    def put(
        self, channel: str, content: str | bytes, content_type: str = "text/csv", name: str = "part-0", **config: str
    ) -> None:
        """Add a file to a channel."""
        paths = Paths(self.base)
        paths.channel(channel).mkdir(parents=True, exist_ok=True)
        paths.config.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (paths.channel(channel) / name).write_bytes(data)
        known = json.loads(paths.input_data_config.read_text()) if paths.input_data_config.exists() else {}
        entry = ({"ContentType": content_type} if content_type else {}) | config
        paths.input_data_config.write_text(json.dumps(known | {channel: entry}))

    def fit(
        self,
        given: Mapping[str, str],
        *,
        checkpoints: bool = False,
        kill_at: int | None = None,
        stop_at: int | None = None,
    ) -> Fitted:
        """Fit with `given` hyperparameters. `kill_at`, `stop_at`: the round at which SIGKILL or SIGTERM comes."""
        job, values = self.job(given, checkpoints=checkpoints)
        job.kill_at, job.stop_at, job.steps = kill_at, stop_at, self.steps
        self.steps.clear()
        fitted: Fitted | None = self.algorithm.fit(job.channels["train"], job.channels.get("validation"), values, job)
        assert fitted is not None
        return fitted

    def job(self, given: Mapping[str, str], *, checkpoints: bool = False) -> tuple[Interrupted, object]:
        """The job, its channels opened, and its hyperparameters."""
        paths = Paths(self.base)
        paths.hyperparameters.write_text(json.dumps(dict(given)))
        environment = TrainingEnvironment.read(paths)
        values: object = hyperparameters.parse(self.algorithm.Hyperparameters, environment.hyperparameters)
        store = None
        if checkpoints:
            name = self.algorithm.__name__.rpartition(".")[2]
            store = Store(paths.checkpoints, f"{name}-checkpoint", fingerprint(hyperparameters.given(values)))
            store.prepare()
        channels = open_channels(
            self.algorithm.CHANNELS, environment, paths, lambda name: self.algorithm.layout(values, name)
        )
        return Interrupted(environment, paths, cpus=1, checkpoints=store, channels=channels), values

    def saved(self, fitted: Fitted, name: str) -> bytes:
        """The bytes of a file of the saved model."""
        directory = self.base / "model"
        directory.mkdir(exist_ok=True)
        fitted.save(directory)
        return (directory / name).read_bytes()
