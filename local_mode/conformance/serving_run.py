"""One run of `serve` with a model, until /ping answers 200."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import PlatformError
from contract.limits import PING_SECONDS, PORT
from local_mode.conformance.check import ObstacleError
from local_mode.conformance.exchange import NoReplyError, ask
from local_mode.engine import Mount

if TYPE_CHECKING:
    from local_mode.conformance.specimen import Specimen
    from local_mode.conformance.subject import Subject

BETWEEN_PINGS_SECONDS = 0.1
_READ_ONLY = re.compile(r"read-?only|Errno 30\b", re.IGNORECASE)


@dataclass(frozen=True)
class Served:
    """`problem` says why it does not answer, else it is empty; `seconds` until the first good ping."""

    specimen: Specimen
    address: str
    seconds: float
    problem: str
    read_only: bool = True


class NotStartedError(ObstacleError):
    """The engine could not start the container at all."""


def serve(subject: Subject, model: Path) -> Served:
    """The endpoint: its model read-only; where that may have kept it from coming up, on a copy that it may write to."""
    served = start(subject, Mount(model, "model"))
    if not served.problem or not _may_lack_writing(served.specimen):
        return served
    copy = subject.folder / "writable-model"
    shutil.copytree(model, copy, symlinks=True)
    subject.doing("starting the endpoint again, with a model that it may write to")
    again = start(subject, Mount(copy, "model", read_only=False))
    if again.problem:
        again.specimen.remove()
        return served
    served.specimen.remove()
    return Served(again.specimen, again.address, again.seconds, "", read_only=False)


def start(
    subject: Subject,
    *mounts: Mount,
    environment: Mapping[str, str] | None = None,
    port: int = PORT,
    seconds: float | None = None,
) -> Served:
    """Start a container and wait for its first good ping, for `seconds` or as long as the user says.

    Raises NotStartedError where the engine cannot start it.
    """
    container = subject.container(
        ("serve",), subject.folder, mounts=mounts, environment=dict(subject.given.environment) | dict(environment or {})
    )
    began = time.monotonic()
    try:
        specimen = subject.laboratory.start(container, ports={f"{port}/tcp": ("127.0.0.1", None)})
    except PlatformError as error:
        raise NotStartedError(str(error)) from error
    said = "nothing"
    limit = subject.given.startup_seconds if seconds is None else seconds
    while time.monotonic() - began < limit:
        try:
            address = specimen.published(port)
            reply = ask(address, "GET", "/ping", seconds=PING_SECONDS)
        except (NoReplyError, PlatformError) as error:
            said = str(error)
        else:
            if reply.status == HTTPStatus.OK:
                return Served(specimen, address, time.monotonic() - began, "")
            said = f"{reply.status}"
        if (code := specimen.poll()) is not None:
            return Served(specimen, "", 0.0, f"the container ended with exit code {code}{_last_lines(specimen)}")
        time.sleep(BETWEEN_PINGS_SECONDS)
    return Served(specimen, "", 0.0, f"/ping did not answer 200 in {limit:.0f} s; last: {said}{_last_lines(specimen)}")


def _may_lack_writing(specimen: Specimen) -> bool:
    """Not of one that runs and does not complain: all of the wait would only pass a second time."""
    return specimen.poll() is not None or any(_READ_ONLY.search(line) for line in specimen.log())


def _last_lines(specimen: Specimen) -> str:
    lines = [line.strip() for line in specimen.log() if line.strip()]
    return f"; last lines: {' / '.join(lines[-3:])}" if lines else "; it printed nothing"
