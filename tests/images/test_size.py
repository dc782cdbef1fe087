"""Every image keeps its budget, a fraction of the stock images' 2.5 GB and more."""

from __future__ import annotations

import pytest
from docker import DockerClient

from tests.images import limits


@pytest.mark.engine
def test_size(image: str, docker_client: DockerClient) -> None:
    name = image.removeprefix("sagemaker-").partition(":")[0]
    assert docker_client.images.get(image).attrs["Size"] < limits.of(name)["most_bytes"]
