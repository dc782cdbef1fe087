"""What a demo runs on, and what every one does there: a training job, an endpoint."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from contract.errors import AlgorithmError
from local_mode.channel import Channel
from local_mode.demo.show import Rounds, Show
from local_mode.deployment import Step
from local_mode.endpoint import Endpoint
from local_mode.engine import Engine
from local_mode.pipeline import Pipeline
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

FOLDER = Path("build") / "demo"


@dataclass(frozen=True)
class Stage:
    """`folder` is the demo's own, made afresh."""

    show: Show
    engine: Engine
    observer: Rounds
    folder: Path

    def clear(self) -> None:
        """Leave nothing of an earlier run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def write(self, name: str, content: bytes | str, content_type: str) -> Channel:
        """A channel of one file: `write("raw/train/part-0.csv", ...)` is the channel `train`, below `folder`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Channel(path.parent.name, path.parent, content_type)

    def train(self, image: str, channels: tuple[Channel, ...], hyperparameters: Mapping[str, str]) -> Result:
        """Run a training job, its rounds shown as they come. Raises AlgorithmError with its failure reason."""
        settings = "  ".join(f"{name}={value}" for name, value in hyperparameters.items())
        self.show.say(f"[dim]{escape(f'sagemaker-{image}: {settings}')}[/]")
        request = Request(image, channels, hyperparameters)
        result = TrainingJob(request, output=self.folder / "jobs", engine=self.engine, observer=self.observer).run()
        if result.status != "Completed" or result.model is None:
            raise AlgorithmError(f"the training job ended as {result.status}: {result.failure_reason}")
        with tarfile.open(result.model) as archive:
            names = ", ".join(f"{member.name} ({member.size:,} bytes)" for member in archive if member.isfile())
        self.show.say(f"{result.status}: model.tar.gz with {names}")
        return result

    def keep(self, result: Result, name: str) -> Path:
        """A copy of the job's model under a name that does not change from run to run."""
        return Path(shutil.copyfile(model_of(result), self.folder / name))

    def endpoint(self, image: str, result: Result) -> Endpoint:
        """An endpoint with the job's model, not yet started."""
        return Endpoint(image, model_of(result), engine=self.engine, observer=self.observer)

    def pipeline(self, *steps: Step) -> Pipeline:
        """An inference pipeline, not yet started."""
        return Pipeline(steps, engine=self.engine, observer=self.observer)


def model_of(result: Result) -> Path:
    """The job's model.tar.gz. Raises AlgorithmError where it left none."""
    if result.model is None:
        raise AlgorithmError("the training job left no model")
    return result.model
