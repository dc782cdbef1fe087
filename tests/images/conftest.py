"""Real containers of every image there is; each removed at the end of its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from docker import DockerClient
from docker.models.containers import Container

from containers.build import images

Start = Callable[..., Container]
RUN_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """How a container ended, and all that it printed."""

    code: int
    output: str


Run = Callable[..., Done]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `image` runs for every image, or for those that --image names."""
    if "image" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--image") or images.names()
        metafunc.parametrize("image", [images.reference(images.check(name)) for name in chosen], scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """--image leaves out the folders of the other images."""
    chosen = config.getoption("--image")
    others = set(images.names()) - set(chosen) if chosen else set()
    items[:] = [item for item in items if item.path.parent.name not in others]


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


@pytest.fixture
def start(docker_client: DockerClient) -> Iterator[Start]:
    """Start a container and leave it running: `start(reference, *command, **options of docker-py)`."""
    started: list[Container] = []

    def start(reference: str, *command: str, **options: Any) -> Container:
        started.append(docker_client.containers.run(reference, list(command), detach=True, **options))
        return started[-1]

    yield start
    for container in started:
        container.remove(force=True, v=True)


@pytest.fixture
def run(start: Start) -> Run:
    """Run a container to its end."""

    def run(reference: str, *command: str, **options: Any) -> Done:
        container = start(reference, *command, **options)
        code = int(container.wait(timeout=RUN_SECONDS)["StatusCode"])
        return Done(code, container.logs().decode())

    return run
