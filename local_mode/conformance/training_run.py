"""One run of `train` in a folder laid out as SageMaker lays out /opt/ml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import PlatformError
from contract.paths import Paths
from local_mode import host_folder, results
from local_mode.channel import Channel
from local_mode.request import Request, arn, region

if TYPE_CHECKING:
    from local_mode.conformance.specimen import Specimen
    from local_mode.conformance.subject import Subject

HOST = "algo-1"
NOT_STARTED = 127
"""As `docker run` ends where the engine cannot start the program."""


@dataclass(frozen=True)
class Trained:
    """`code` is None where it still ran at the limit; `lines` are the seconds after which each line came."""

    code: int | None
    seconds: float
    log: list[str]
    failure: str
    model: Path
    changes: list[str] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)

    @property
    def not_started(self) -> bool:
        """Whether no program ran at all."""
        return self.code == NOT_STARTED and not self.seconds

    @property
    def completed(self) -> bool:
        return self.code == 0

    @property
    def said(self) -> str:
        """How it ended, for a report."""
        if self.code is None:
            return f"it still ran after {self.seconds:.0f} s, the limit of this check"
        if self.not_started:
            return f"the engine cannot start it: {self.log[0]}"
        last = " / ".join(line.strip() for line in self.log[-3:] if line.strip())
        return f"exit code {self.code} after {self.seconds:.1f} s" + (f"; last lines: {last}" if last else "")


def run(
    subject: Subject,
    name: str,
    *,
    network: str | None = "default",
    hyperparameters: Mapping[str, str] | None = None,
    channels: tuple[Channel, ...] | None = None,
    seconds: float | None = None,
) -> Trained:
    """Run it to its end, or for `seconds`, else the user's limit. `network` is "default", or None for none at all."""
    try:
        specimen = start(subject, name, network=network, hyperparameters=hyperparameters, channels=channels)
    except PlatformError as error:
        return Trained(NOT_STARTED, 0.0, [str(error)], "", paths(subject, name).model)
    with specimen:
        code = specimen.ended(subject.given.train_seconds if seconds is None else seconds)
        if code is None:
            specimen.kill()
            specimen.wait()
        return collect(subject, name, specimen, code)


def start(
    subject: Subject,
    name: str,
    *,
    network: str | None = "default",
    hyperparameters: Mapping[str, str] | None = None,
    channels: tuple[Channel, ...] | None = None,
) -> Specimen:
    """Lay out the folder and start the container; the user's hyperparameters and channels where none are given."""
    given = subject.given
    request = Request(
        subject.reference,
        subject.channels if channels is None else channels,
        given.hyperparameters if hyperparameters is None else hyperparameters,
    )
    folder = subject.folder / name
    job = f"check-{name}"
    host_folder.write(folder, subject.laboratory.engine.base(folder), request, job, HOST, ())
    environment = {"TRAINING_JOB_NAME": job, "TRAINING_JOB_ARN": arn(job), "AWS_REGION": region()}
    container = subject.container(
        ("train",),
        folder,
        mounts=host_folder.mounts(folder, request),
        environment=environment | dict(given.environment),
    )
    return subject.laboratory.start(container, network_mode="none" if network is None else network)


def collect(subject: Subject, name: str, specimen: Specimen, code: int | None) -> Trained:
    """What an ended container left."""
    place = paths(subject, name)
    seconds, lines = specimen.times()
    subject.own(place.model, place.output)
    return Trained(
        code, seconds, specimen.log(), results.failure_text(place.output), place.model, specimen.changes(), lines
    )


def paths(subject: Subject, name: str) -> Paths:
    return Paths(subject.folder / name)
