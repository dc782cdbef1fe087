"""Real containers of every image there is; each removed at the end of its test, or of all tests that share it.

A test that takes `image` runs for every image. One that takes `algorithm`, itself or by way of another fixture, runs
for every image but the base, with the job and the rows of that image's sample (see samples.py).
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient
from docker.models.containers import Container
from docker.types import Mount

from containers.build import images
from tests.corpus.interface import Interface
from tests.images import endpoints, samples

Start = Callable[..., Container]
RUN_SECONDS = 120
PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Done:
    """How a container ended, and all that it printed."""

    code: int
    output: str


Run = Callable[..., Done]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "image" in metafunc.fixturenames:
        metafunc.parametrize("image", [images.reference(name) for name in chosen(metafunc.config)], scope="session")
    if "algorithm" in metafunc.fixturenames:
        folder, names = metafunc.definition.path.parent.name, algorithms(metafunc.config)
        for mark in metafunc.definition.iter_markers("sample"):
            there = mark.kwargs.get("there", True)
            names = [name for name in names if (samples.changes(name, mark.args[0]) is not None) == there]
        metafunc.parametrize("algorithm", [folder] if folder in images.names() else names, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """--image leaves out the folders of the other images, and with the base alone every algorithm's test."""
    others = set(images.names()) - set(chosen(config))
    items[:] = [item for item in items if item.path.parent.name not in others]
    if not algorithms(config):
        items[:] = [item for item in items if "algorithm" not in getattr(item, "fixturenames", ())]


def chosen(config: pytest.Config) -> list[str]:
    """The images that --image names, or all there are."""
    return [images.check(name) for name in config.getoption("--image") or images.names()]


def algorithms(config: pytest.Config) -> list[str]:
    return [name for name in chosen(config) if name != images.BASE]


@pytest.fixture(scope="session")
def hardened() -> dict[str, Any]:
    """docker-py's options that hold a container as strictly as can be."""
    return {
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "network_mode": "none",
    }


@contextmanager
def starting(client: DockerClient) -> Iterator[Start]:
    started: list[Container] = []

    def start(reference: str, *command: str, **options: Any) -> Container:
        started.append(client.containers.run(reference, list(command), detach=True, **options))
        return started[-1]

    try:
        yield start
    finally:
        for container in started:
            container.remove(force=True, v=True)


@pytest.fixture
def start(docker_client: DockerClient) -> Iterator[Start]:
    """Start a container and leave it running: `start(reference, *command, **options of docker-py)`."""
    with starting(docker_client) as start:
        yield start


@pytest.fixture
def run(start: Start) -> Run:
    """Run a container to its end."""
    return lambda *command, **options: ended(start(*command, **options))


def ended(container: Container) -> Done:
    code = int(container.wait(timeout=RUN_SECONDS)["StatusCode"])
    return Done(code, container.logs().decode())


@pytest.fixture(scope="session")
def reference(algorithm: str) -> str:
    """The algorithm's image."""
    return images.reference(algorithm)


@pytest.fixture(scope="session")
def specification(reference: str, docker_client: DockerClient) -> dict[str, Any]:
    """What `IMAGE hyperparameters` prints."""
    with starting(docker_client) as start:
        return dict(json.loads(ended(start(reference, "hyperparameters")).output))


@pytest.fixture
def ml(algorithm: str, tmp_path: Path) -> Path:
    """/opt/ml of the sample's job."""
    return samples.lay_out(algorithm, tmp_path / "ml")


@pytest.fixture(scope="session")
def trained(
    algorithm: str, reference: str, docker_client: DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of the model that the image trained from its sample: not to be changed, for all tests share it."""
    ml = samples.lay_out(algorithm, tmp_path_factory.mktemp(algorithm) / "ml")
    with starting(docker_client) as start:
        done = ended(start(reference, "train", volumes=[f"{ml}:/opt/ml"]))
    assert done.code == 0, done.output
    return ml / "model"


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy of that folder, which a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "trained" / "model"))


@pytest.fixture(scope="session")
def endpoint(reference: str, trained: Path, docker_client: DockerClient) -> Iterator[Container]:
    """An endpoint with its port published that all tests share: not for one that kills, stops or fills it."""
    with starting(docker_client) as start:
        volumes = [f"{trained}:/opt/ml/model:ro"]
        yield endpoints.ready(start(reference, "serve", volumes=volumes, ports=endpoints.PUBLISHED))


@pytest.fixture(scope="session")
def interface(endpoint: Container) -> Interface:
    """What the endpoint says that it takes and answers."""
    return Interface.of_endpoint(endpoints.published(endpoint)[1])


@pytest.fixture
def serve(reference: str, model: Path, start: Start) -> Callable[..., Container]:
    """Start an endpoint of the test's own and wait until it is ready: `serve(**options of docker-py)`."""

    def serve(*command: str, port: int = endpoints.PORT, **options: Any) -> Container:
        container = start(reference, *(command or ("serve",)), volumes=[f"{model}:/opt/ml/model:ro"], **options)
        return endpoints.ready(container, port)

    return serve


@pytest.fixture
def serve_published(serve: Callable[..., Container]) -> Callable[..., Container]:
    """`serve`, with the port published on the loopback interface: for load and for large bodies."""
    return lambda *command, **options: serve(*command, ports=endpoints.PUBLISHED, **options)


@pytest.fixture
def serve_faulty(serve_published: Callable[..., Container]) -> Callable[..., Container]:
    """`serve_published` with two workers and a fault of faulty_serve.py in predictions of more than 1,000 rows."""
    program = "/srv/faulty_serve.py"
    mount = Mount(program, str(PROGRAMS / "faulty_serve.py"), type="bind", read_only=True)

    def serve(fault: str) -> Container:
        environment = {"FAULT": fault, "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
        return serve_published("python", "-P", program, mounts=[mount], environment=environment)

    return serve


@pytest.fixture
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Connect to an endpoint over Docker's bridge: `connect(container, received=4096)` bounds what this side buffers.

    Behind a published port stands a proxy, which reads ahead of a client that is slow and hides one that is gone.
    """
    with ExitStack() as connections:

        def connect(container: Container, received: int = 0) -> socket.socket:
            connection = connections.enter_context(socket.socket())
            if received:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, received)
            connection.settimeout(endpoints.ANSWER_SECONDS)
            bridge = container.attrs["NetworkSettings"]["Networks"]["bridge"]
            connection.connect((bridge["IPAddress"], endpoints.PORT))
            return connection

        yield connect
