"""The corpus of hostile requests, given to the image held as strictly as can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from docker.models.containers import Container

from tests.corpus import client, recipes
from tests.images.endpoints import all_workers, workers
from tests.images.hostile import MOUNT, complaints

pytestmark = pytest.mark.engine


def test_every_request_gets_the_answer_of_its_name(serve: Callable[..., Container], hardened: dict[str, Any]) -> None:
    container = serve(mounts=[MOUNT], user=str(recipes.NOBODY), **hardened)
    before = all_workers(container)
    assert complaints(container) == {}
    assert workers(container) == before
    assert client.faults_of_log(container.logs().decode()) == []
