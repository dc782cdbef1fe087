"""The corpus of hostile requests, sent by its client from inside a container, which needs no network for it."""

from __future__ import annotations

import json

from docker.models.containers import Container
from docker.types import Mount

from tests.corpus import cases

ROOT = "/srv"
MOUNT = Mount(f"{ROOT}/tests/corpus", str(cases.CORPUS), type="bind", read_only=True)
"""Of a container that is to be asked."""


def complaints(container: Container) -> dict[str, str]:
    """What the client finds wrong, by case."""
    done = container.exec_run(["python", "-m", "tests.corpus.client", "8080"], workdir=ROOT)
    assert done.exit_code == 0, done.output.decode()
    return dict(json.loads(done.output))
