"""A multi-model endpoint in its container: as root and hardened, in little memory, stopped at work."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container

from tests.images import endpoints, limits
from tests.images.endpoints import CSV, PUBLISHED, send

pytestmark = pytest.mark.engine
ROW = b"0.1,0.2,0.3\n"
COPIES = 60
USERS = "for status in /proc/[0-9]*/status; do grep -h -E '^(PPid|Uid):' $status | tr '\\n' ' '; echo $status; done"
"""Parent, user and path of every process."""
HARDENED = {"read_only": True, "tmpfs": {"/tmp": ""}, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}


@pytest.fixture
def models(model: Path, tmp_path: Path) -> Path:
    """What SageMaker puts at /opt/ml/models: copies of one model, each in a folder of its own."""
    for place in range(COPIES):
        shutil.copytree(model, tmp_path / f"models/{place}/model")
    return tmp_path / "models"


@pytest.fixture
def several(reference: str, models: Path, start: Callable[..., Container]) -> Callable[..., Container]:
    """Start a multi-model endpoint and wait until it is ready: `several(**options of docker-py)`."""

    def several(**options: Any) -> Container:
        environment = {"SAGEMAKER_MULTI_MODEL": "true", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
        volumes = [f"{models}:/opt/ml/models:ro"]
        container = start(reference, "serve", volumes=volumes, environment=environment, ports=PUBLISHED, **options)
        return endpoints.ready(container)

    return several


def ask(container: Container, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    return send(container, method, path, body, CSV if body else {})[:2]


def load(container: Container, name: str) -> int:
    request = {"model_name": name, "url": f"/opt/ml/models/{name}/model"}
    return ask(container, "POST", "/models", json.dumps(request).encode())[0]


@pytest.mark.parametrize(
    "options",
    [{}, {"user": "65534"}, HARDENED, HARDENED | {"user": "65534"}],
    ids=["root", "user", "capless", "hardened"],
)
def test_loads_answers_and_unloads(
    options: dict[str, Any], several: Callable[..., Container], endpoint: Container
) -> None:
    """What it answers is, bit for bit, what an endpoint of that model alone does."""
    container = several(**options)
    expected = endpoints.invoke(endpoint, ROW)
    assert expected[0] == 200
    for name in ("0", "1"):
        assert load(container, name) == 200
        assert ask(container, "POST", f"/models/{name}/invoke", ROW) == expected
    assert ask(container, "DELETE", "/models/0")[0] == 200
    assert ask(container, "POST", "/models/0/invoke", ROW)[0] == 404
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] == 0
    assert "Traceback" not in container.logs().decode()


def test_models_do_not_run_as_root(several: Callable[..., Container]) -> None:
    container = several()
    for name in ("0", "1"):
        assert load(container, name) == 200
    told = [line.split() for line in container.exec_run(["sh", "-c", USERS]).output.decode().splitlines()]
    parents = {words[-1].split("/")[2]: (words[1], words[3]) for words in told if len(words) > 6}
    (arbiter,) = [pid for pid, (parent, _) in parents.items() if parent == "1"]
    below = [pid for pid, (parent, _) in parents.items() if parent == arbiter]
    grandchildren = {user for parent, user in parents.values() if parent in below}
    assert grandchildren == {"65534"}


def test_little_memory_is_507_until_a_model_is_unloaded(algorithm: str, several: Callable[..., Container]) -> None:
    container = several(mem_limit="512m", memswap_limit="512m")
    codes = []
    while 507 not in codes:
        assert len(codes) < COPIES, codes
        codes.append(load(container, str(len(codes))))
    loaded = len(codes) - 1
    assert codes[:-1] == [200] * loaded
    assert {load(container, str(place)) for place in range(loaded, COPIES)} == {507}
    assert loaded >= limits.of(algorithm).get("models", 5)
    body = b"1,0,1\n" * (6 * 1024 * 1024 // 6)
    with ThreadPoolExecutor(2) as clients:
        answers = list(clients.map(lambda name: ask(container, "POST", f"/models/{name}/invoke", body), range(2)))
    assert {status for status, _ in answers} <= {200, 503}
    for name in ("0", "1", "2"):
        assert ask(container, "DELETE", f"/models/{name}")[0] == 200
    assert load(container, str(loaded)) == 200
    assert ask(container, "POST", f"/models/{loaded}/invoke", ROW)[0] == 200
    container.reload()
    assert not container.attrs["State"]["OOMKilled"]


def test_stop_answers_the_requests_in_flight(several: Callable[..., Container]) -> None:
    container = several()
    assert load(container, "0") == 200
    body = ROW * 200_000
    with ThreadPoolExecutor(3) as clients:
        answers = [clients.submit(ask, container, "POST", "/models/0/invoke", body) for _ in range(3)]
        time.sleep(0.3)
        container.stop(timeout=30)
    assert [answer.result()[0] for answer in answers] == [200] * 3
    assert container.wait()["StatusCode"] == 0
