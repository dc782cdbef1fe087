"""The xgboost image keeps its budget, about a sixth of the stock image's 2.5 GB."""

from __future__ import annotations

import pytest
from docker import DockerClient

from containers.build import images

BUDGET = 450_000_000


@pytest.mark.engine
def test_size(docker_client: DockerClient) -> None:
    assert docker_client.images.get(images.reference("xgboost")).attrs["Size"] < BUDGET
