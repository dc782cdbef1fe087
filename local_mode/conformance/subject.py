"""The image that is checked, and what several checks need of it, found once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract import media_type
from contract.errors import PlatformError, UserError
from contract.limits import STARTUP_SECONDS
from local_mode import results
from local_mode.channel import Channel
from local_mode.conformance import declaration, samples, serving_run, training_run
from local_mode.conformance.check import ObstacleError
from local_mode.conformance.programs import Launch
from local_mode.conformance.serving_run import Served
from local_mode.conformance.specimen import Laboratory
from local_mode.conformance.training_run import Trained
from local_mode.conformance.tree import Tree
from local_mode.docker_engine import failures
from local_mode.engine import CAPABILITIES, Container

WORDS = frozenset({"train", "serve"})


@dataclass(frozen=True)
class Given:
    """What the user gives. `long` makes a training take long, over the other hyperparameters."""

    channels: tuple[Channel, ...] = ()
    content_type: str = samples.CSV
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    long: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    model: Path | None = None
    request: Path | None = None
    train_seconds: float = 600.0
    startup_seconds: float = STARTUP_SECONDS


class Subject:
    """Everything is found when the first check asks for it. `folder` is for what containers read and write."""

    def __init__(
        self, reference: str, given: Given, laboratory: Laboratory, folder: Path, doing: Callable[[str], None]
    ) -> None:
        self.reference = reference
        self.given = given
        self.laboratory = laboratory
        self.folder = folder
        self.doing = doing
        self.faults: dict[str, Trained] = {}
        """The training jobs that should have failed, by what was wrong with them."""

    @functools.cached_property
    def attributes(self) -> Mapping[str, Any]:
        """What `docker image inspect` says. Raises UserError where the engine has no such image."""
        with failures(self.reference):
            found: Mapping[str, Any] = self.laboratory.client.images.get(self.reference).attrs
            return found

    @property
    def config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.attributes.get("Config") or {}
        return config

    @functools.cached_property
    def launch(self) -> Launch:
        return Launch.of(self.config)

    @functools.cached_property
    def history(self) -> tuple[str, ...]:
        """The commands that made its layers."""
        with failures(self.reference):
            steps = self.laboratory.client.images.get(self.reference).history()
        return tuple(str(step.get("CreatedBy") or "") for step in steps)

    @functools.cached_property
    def tree(self) -> Tree:
        self.doing("reading the image's files")
        client = self.laboratory.client
        with failures(f"reading {self.reference}"):
            # Never started: the command only has to be one.
            made = client.containers.create(self.reference, ["train"], labels=self.laboratory.engine.labels)
            try:
                chunks: Iterator[bytes] = made.export()  # type: ignore[assignment] # the stubs say str
                return Tree.read(chunks, WORDS)
            finally:
                made.remove(force=True, v=True)

    def claims(self, capability: str) -> bool:
        """Whether a label says that the image can do this."""
        labels = self.config.get("Labels") or {}
        return str(labels.get(CAPABILITIES + capability)).lower() == "true"

    @functools.cached_property
    def missing(self) -> tuple[str, ...]:
        """The hyperparameters that the image says it requires and that are not given."""
        return declaration.missing(self)

    @functools.cached_property
    def channels(self) -> tuple[Channel, ...]:
        """The user's, or one of ours."""
        if self.given.channels:
            return self.given.channels
        folder = self.folder / "sample"
        folder.mkdir()
        (folder / "part-0.csv").write_text(samples.table())
        own = media_type.parse(self.given.content_type).name == samples.CSV
        return (Channel("train", folder, self.given.content_type if own else samples.CSV),)

    @functools.cached_property
    def first_training(self) -> Trained:
        """As the user would have it, without a network."""
        self.doing("training")
        return training_run.run(self, "first", network=None)

    @functools.cached_property
    def training(self) -> Trained:
        """The same; with a network where it did not go without."""
        if self.first_training.completed:
            return self.first_training
        self.doing("training again, with a network")
        return training_run.run(self, "networked", network="default")

    @property
    def completed_training(self) -> Trained:
        """Raises ObstacleError where none completed."""
        if not self.training.completed:
            raise ObstacleError("no training completed (see training.completes)")
        return self.training

    def fault(
        self,
        name: str,
        *,
        hyperparameters: Mapping[str, str] | None = None,
        channels: tuple[Channel, ...] | None = None,
    ) -> Trained:
        """A training job that should fail, run once."""
        if name not in self.faults:
            self.doing(f"training with {name}")
            # One that does not fail has no reason to take much longer than the one that completed.
            limit = min(self.given.train_seconds, 3 * self.completed_training.seconds + 30)
            self.faults[name] = training_run.run(
                self, name, hyperparameters=hyperparameters, channels=channels, seconds=limit
            )
        return self.faults[name]

    @functools.cached_property
    def model(self) -> Path | None:
        """The folder of the user's model, or of the one that the image trained; None where there is none."""
        if self.given.model is None:
            trained = self.training.model
            return trained if self.training.completed and any(trained.iterdir()) else None
        if self.given.model.is_dir():
            return self.given.model
        target = self.folder / "given-model"
        target.mkdir()
        results.unpack(self.given.model, target)
        return target

    @functools.cached_property
    def endpoint(self) -> Served:
        """The container that serves the model; `problem` says why it does not."""
        if self.model is None:
            raise ObstacleError(
                "there is no model to serve: the image trained none (see training.completes), and no --model is given"
            )
        self.doing("starting the endpoint")
        return serving_run.serve(self, self.model)

    @property
    def live(self) -> Served:
        """The endpoint, answering. Raises ObstacleError where it does not."""
        if self.endpoint.problem:
            raise ObstacleError("no endpoint to ask: it did not come up (see serving.starts)")
        if self.endpoint.specimen.poll() is not None:
            raise ObstacleError("no endpoint to ask: its container ended during an earlier check")
        return self.endpoint

    @functools.cached_property
    def request(self) -> bytes:
        """A body that the model should accept. Raises ObstacleError where none is known."""
        if self.given.request is not None:
            return self.given.request.read_bytes()
        if self.given.model is not None and not self.given.channels:
            raise ObstacleError("no request is known for the given model: give --request FILE")
        media = media_type.parse(self.given.content_type)
        if media.name != samples.CSV:
            raise ObstacleError(f"no request of {self.given.content_type} is known: give --request FILE")
        try:
            return samples.request(self.channels[0].path, labels=media.parameters.get("label_size") != "0")
        except (UserError, OSError) as error:
            raise ObstacleError(str(error)) from error

    def own(self, *folders: Path) -> None:
        """Make what a container left readable for the caller, where the image can do that."""
        with contextlib.suppress(PlatformError, UserError):
            self.laboratory.engine.own(folders, self.reference)

    def container(self, command: tuple[str, ...], folder: Path, **fields: Any) -> Container:
        """One of this image."""
        return Container(self.reference, command, "algo-1", folder, **fields)
