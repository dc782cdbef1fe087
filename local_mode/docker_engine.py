"""Containers of a Docker daemon, by docker-py."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container as DockerContainer
from docker.types import EndpointConfig
from docker.types import Mount as Bind

from contract.errors import PlatformError, UserError
from contract.limits import PORT
from contract.paths import DEFAULT_BASE
from local_mode.engine import ACCEPTS_PORT, BIND_TO_PORT, SAFE_PORT_RANGE, Container, Running
from local_mode.log_lines import split

API_VERSION = "1.41"
"""Of Docker 20.10, the oldest engine that is tried: network aliases are far older."""
PORTS_EACH = 100
"""How many ports a container has to itself, where several share a network."""
OWNER = "sagemaker-local-mode.owner"
"""The label of everything made here: `<machine>:<process id>:<engine>` of who has to remove it."""


class DockerEngine:
    """As a context manager it first removes what a killed run of this machine left, and last what its own left."""

    name = "docker"
    differences = ""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        # Who starts containers of its own gives them these labels: they are removed with the engine's.
        self.labels = {OWNER: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"}

    def __enter__(self) -> Self:
        self._sweep(_gone)
        return self

    def __exit__(self, *exception: object) -> None:
        self._sweep(lambda owner: owner == self.labels[OWNER])
        self._client.close()

    def base(self, folder: Path) -> str:
        return DEFAULT_BASE

    @contextlib.contextmanager
    def network(self, name: str, hosts: tuple[str, ...], *, isolated: bool) -> Iterator[str | None]:
        with failures(f"network {name}"):
            network = self._client.networks.create(name, driver="bridge", internal=isolated, labels=self.labels)
        try:
            yield name
        finally:
            with contextlib.suppress(APIError):
                network.remove()

    def start(self, container: Container) -> RunningContainer:
        return RunningContainer(self._start(container, options(container)))

    def start_together(self, containers: Sequence[Container]) -> list[Running]:
        """The first one's network is everybody's, and it alone can publish ports: so it publishes all."""
        ports = [PORT + place * PORTS_EACH for place in range(len(containers))]
        first: DockerContainer | None = None
        with contextlib.ExitStack() as undo:
            started: list[Running] = []
            for container, port in zip(containers, ports, strict=True):
                given = options(container)
                given["environment"] |= {
                    BIND_TO_PORT: str(port),
                    SAFE_PORT_RANGE: f"{port + 1}-{port + PORTS_EACH - 1}",
                }
                if first is None:
                    given["ports"] = {
                        f"{port}/tcp": ("127.0.0.1", one.port or None)
                        for one, port in zip(containers, ports, strict=True)
                    }
                else:
                    del given["hostname"]
                    given.pop("ports", None)
                    given["network_mode"] = f"container:{first.id}"
                made = self._start(container, given)
                first = first or made
                started.append(RunningContainer(made, port, first))
                undo.callback(started[-1].remove)
            undo.pop_all()
        return started

    def _start(self, container: Container, given: Mapping[str, Any]) -> DockerContainer:
        with failures(f"container {container.host} of image {container.image}"):
            made = self._client.containers.create(
                container.image, list(container.command), **given, labels=self.labels, init=False
            )
            try:
                made.start()
            except BaseException:
                made.remove(force=True, v=True)
                raise
        return made

    def binds_to_port(self, image: str) -> bool:
        with failures(f"image {image}"):
            labels = self._client.images.get(image).labels
        return str(labels.get(ACCEPTS_PORT, "")).lower() == "true"

    def own(self, folders: Sequence[Path], image: str) -> None:
        user, group = os.getuid(), os.getgid()
        if all(_owner(path) == (user, group) for folder in folders for path in [folder, *folder.rglob("*")]):
            return
        # Root in a container is root on this machine: only it can give the files away.
        with failures(f"giving the results to user {user}"):
            self._client.containers.run(
                image,
                ["-hR", f"{user}:{group}", "/mnt"],
                entrypoint="chown",
                user="0",
                mounts=[
                    Bind(f"/mnt/{number}", str(folder.resolve()), type="bind") for number, folder in enumerate(folders)
                ],
                network_mode="none",
                remove=True,
                labels=self.labels,
            )

    def _sweep(self, mine: Callable[[str], bool]) -> None:
        """Remove containers and networks whose owner `mine` accepts."""
        every: dict[str, str | list[str] | bool] = {"label": OWNER}
        with contextlib.suppress(APIError):
            for container in self._client.containers.list(all=True, filters=every, ignore_removed=True):
                if mine(container.labels.get(OWNER, "")):
                    RunningContainer(container).remove()
            for network in self._client.networks.list(filters={"label": OWNER}):
                if mine((network.attrs.get("Labels") or {}).get(OWNER, "")):
                    network.remove()


class RunningContainer:
    """A started container of the daemon, which listens on `port`; `publisher` is the one whose network it shares."""

    def __init__(self, container: DockerContainer, port: int = PORT, publisher: DockerContainer | None = None) -> None:
        self._container = container
        self._port = port
        self._publisher = publisher or container

    @functools.cached_property
    def address(self) -> str:
        self._publisher.reload()
        published = self._publisher.ports.get(f"{self._port}/tcp")
        if not published:
            raise PlatformError(f"container {self._container.name} has no port: it ended, or none was asked for")
        return f"http://127.0.0.1:{published[0]['HostPort']}"

    def lines(self) -> Iterator[str]:
        return split(self._container.logs(stream=True, follow=True))

    def wait(self) -> int:
        with failures("waiting for a container"):
            return int(self._container.wait(timeout=None)["StatusCode"])

    def poll(self) -> int | None:
        with failures("looking at a container"):
            self._container.reload()
        state: Mapping[str, Any] = self._container.attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def remove(self) -> None:
        with contextlib.suppress(NotFound):
            try:
                self._container.remove(force=True, v=True)
            except APIError as error:
                # 409: somebody else is removing it at this moment, which is as good.
                if error.status_code != 409:
                    raise PlatformError(f"container {self._container.name} stays: {error.explanation}") from error

    def _signal(self, number: signal.Signals) -> None:
        # It may have ended a moment ago: then there is nothing to signal.
        with contextlib.suppress(APIError):
            self._container.kill(signal=number.name)


def options(container: Container) -> dict[str, Any]:
    """What docker-py's `create` is given, apart from image, command and labels."""
    given: dict[str, Any] = {
        "hostname": container.host,
        "environment": dict(container.environment),
        "mounts": [
            Bind(f"{DEFAULT_BASE}/{mount.target}", str(mount.source.resolve()), type="bind", read_only=mount.read_only)
            for mount in container.mounts
        ],
        "shm_size": container.shm_bytes,
    }
    if container.port is not None:
        given["ports"] = {f"{PORT}/tcp": ("127.0.0.1", container.port or None)}
    if container.network is not None:
        given["name"] = f"{container.network}-{container.host}"
        given["network"] = container.network
        given["networking_config"] = {container.network: EndpointConfig(API_VERSION, aliases=[container.host])}
    return given


@contextlib.contextmanager
def failures(what: str) -> Iterator[None]:
    """Docker's errors as ours: UserError where the image is not there, else PlatformError; `what` was being done."""
    try:
        yield
    except ImageNotFound as error:
        raise UserError(f"{what}: the image is not in this engine: build it (make build/<image>) or pull it") from error
    except APIError as error:
        # Its cause stands at the end of the daemon's sentence.
        raise PlatformError(f"{what}: {' '.join(str(error.explanation).split())}") from error
    except DockerException as error:
        raise PlatformError(f"{what}: {error}") from error


def _owner(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid


def _gone(owner: str) -> bool:
    """Whether a run of this machine was killed before it could clean up."""
    machine, process, _ = (owner + "::").split(":", 2)
    if machine != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
