"""Each SDK in a virtual environment of its own, below .cache/sdk, made from its lock and reused while that stays."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient
from docker.models.containers import Container

ROOT = Path(__file__).parent.parent.parent
COMPOSED = "com.docker.compose.service"


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """train/ and validation/ with the label first, rows/ with 50 rows without: y = 2 + sum of eight values."""
    for name, rows in (("train", 400), ("validation", 100)):
        (tmp_path / name).mkdir()
        lines = (_row(number) for number in range(rows))
        text = "".join(f"{2 + sum(row):.4f},{','.join(map(str, row))}\n" for row in lines)
        (tmp_path / name / f"{name}.csv").write_text(text)
    (tmp_path / "rows").mkdir()
    text = "".join(f"{','.join(map(str, _row(number)))}\n" for number in range(50))
    (tmp_path / "rows" / "rows.csv").write_text(text)
    return tmp_path


@pytest.fixture
def no_leftovers(docker_client: DockerClient) -> Iterator[None]:
    """The SDK never removes its containers, made by docker-compose: those that came during the test go with it."""
    before = {container.id for container in _containers(docker_client)}
    yield
    for container in _containers(docker_client):
        if container.id not in before:
            container.remove(force=True, v=True)


def _containers(client: DockerClient) -> list[Container]:
    """Those that play a host of the SDK's local mode. Their network tells nothing: it may be gone already."""
    found = client.containers.list(all=True, filters={"label": COMPOSED}, ignore_removed=True)
    return [container for container in found if container.labels[COMPOSED].startswith("algo-")]


def _row(number: int) -> list[float]:
    return [round((number * (7 + 2 * column) % 101) / 101, 3) for column in range(8)]
