"""What can run a container: a Docker daemon, or plain processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from containers.build import daemon
from containers.build.builder import HOW
from contract.errors import UserError

CAPABILITIES = "com.amazonaws.sagemaker.capabilities."
ACCEPTS_PORT = CAPABILITIES + "accept-bind-to-port"
"""The label of an image that listens where BIND_TO_PORT says."""
BIND_TO_PORT = "SAGEMAKER_BIND_TO_PORT"
SAFE_PORT_RANGE = "SAGEMAKER_SAFE_PORT_RANGE"
"""`FIRST-LAST`: the ports that a container may open beside that one, where several share a network."""


@dataclass(frozen=True)
class Mount:
    """`source`, a file or folder of this machine, seen by the program at `target` below /opt/ml."""

    source: Path
    target: str
    read_only: bool = True


@dataclass(frozen=True)
class Container:
    """What to run. `folder` stands in for /opt/ml on this machine; `host` is the name that peers know it by."""

    image: str
    command: tuple[str, ...]
    host: str
    folder: Path
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    shm_bytes: int | None = None
    port: int | None = None
    """The loopback port that leads to the container's 8080; 0 takes a free one; None publishes nothing."""


class Running(Protocol):
    """A container that was started."""

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>`, for a container with a port."""

    def lines(self) -> Iterator[str]:
        """What it prints, line by line, until it ends."""

    def wait(self) -> int:
        """Its exit code: 128+n where signal n ended it."""

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""

    def terminate(self) -> None:
        """SIGTERM to PID 1."""

    def kill(self) -> None:
        """SIGKILL to all of it."""

    def remove(self) -> None:
        """Kill it if it runs, and leave nothing of it."""


class Engine(Protocol):
    """Runs containers; as a context manager it removes at its end what is left of them."""

    name: str
    differences: str
    """One line: what is not as in the cloud. Empty where nothing is."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def base(self, folder: Path) -> str:
        """What /opt/ml is called by a program whose stand-in for it is `folder`."""

    def network(self, name: str, hosts: tuple[str, ...], *, isolated: bool) -> AbstractContextManager[str | None]:
        """A private network where `hosts` resolve; without a way out when `isolated`."""

    def start(self, container: Container) -> Running:
        """Raises UserError where the image is not there, PlatformError where the engine fails."""

    def start_together(self, containers: Sequence[Container]) -> list[Running]:
        """Serving containers of one instance, which share its network: each is told its port, the first's is 8080.

        Raises as `start`, and then leaves none of them.
        """

    def binds_to_port(self, image: str) -> bool:
        """Whether the image says that it listens where SAGEMAKER_BIND_TO_PORT tells it to. Raises as `start`."""

    def own(self, folders: Sequence[Path], image: str) -> None:
        """Make the caller the owner of what containers of `image` left in `folders`."""


def choose(choice: str | None = None, *, progress: Callable[[str], None] = lambda text: None) -> Engine:
    """The engine that `choice`, or else the environment's ENGINE, names; `auto`: Docker where a daemon answers.

    `progress` is told what takes time. Raises UserError for an unknown name, or for Docker without a daemon.
    """
    wanted = daemon.wanted(choice)
    # Imported late: both engines import this module.
    from local_mode import docker_engine, process_engine

    if wanted == "process":
        return process_engine.ProcessEngine(progress)
    client = daemon.connect()
    if client is not None:
        return docker_engine.DockerEngine(client)
    if wanted == "docker":
        raise UserError(f"no Docker daemon answers: {HOW}; or use ENGINE=process")
    return process_engine.ProcessEngine(progress)
