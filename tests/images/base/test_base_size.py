"""The base image keeps its budget."""

from __future__ import annotations

import pytest
from docker import DockerClient

from containers.build import images

BUDGET = 125_000_000


@pytest.mark.engine
def test_size(docker_client: DockerClient) -> None:
    assert docker_client.images.get(images.reference("base")).attrs["Size"] < BUDGET
