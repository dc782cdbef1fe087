"""A folder as SageMaker lays it under /opt/ml, with a small job in it; and an endpoint with the model of that job."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container
from docker.types import Mount

from containers.build import images

ROWS = 200
READY_SECONDS = 60.0
ANSWER_SECONDS = 60.0
PORT = 8080
PUBLISHED = {"8080/tcp": ("127.0.0.1", None)}
PROGRAMS = Path(__file__).parent / "programs"
WORKERS = "for arbiter in $(cat /proc/1/task/1/children); do cat /proc/$arbiter/task/*/children; done"
HYPERPARAMETERS = {"objective": "reg:squarederror", "num_round": "5", "max_depth": "3"}
ASK = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
connection.request(sys.argv[2], sys.argv[3], sys.argv[4].encode() or None, {"Content-Type": "text/csv"})
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""


@pytest.fixture(scope="session")
def reference() -> str:
    return images.reference("xgboost")


@pytest.fixture
def ml(tmp_path: Path) -> Path:
    """/opt/ml of a training job: the label is the sum of three features. Any user may write where a job writes."""
    folder = tmp_path / "ml"
    numbers = random.Random(7)
    rows = [[numbers.random() for _ in range(3)] for _ in range(ROWS)]
    put(folder / "input/data/train/part-0.csv", "".join(f"{sum(row)},{','.join(map(str, row))}\n" for row in rows))
    config = {
        "hyperparameters": HYPERPARAMETERS,
        "inputdataconfig": {"train": {"ContentType": "text/csv", "TrainingInputMode": "File"}},
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"},
    }
    for name, content in config.items():
        put(folder / f"input/config/{name}.json", json.dumps(content))
    for name in ("model", "output", "output/data", "checkpoints"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    return folder


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def model(ml: Path, reference: str, run: Callable[..., Any]) -> Path:
    """The folder of a model that the image trained."""
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert done.code == 0, done.output
    return ml / "model"


@pytest.fixture
def ask() -> Callable[..., tuple[int, str]]:
    """Ask an endpoint from inside its container, which needs no network: `ask(container, "GET", "/ping")`."""

    def ask(container: Container, method: str, path: str, body: str = "", port: int = 8080) -> tuple[int, str]:
        done = container.exec_run(["python", "-c", ASK, str(port), method, path, body])
        if done.exit_code != 0:
            return 0, done.output.decode()
        status, _, text = done.output.decode().partition(" ")
        return int(status), text.rstrip("\n")

    return ask


@pytest.fixture
def invoke() -> Callable[..., tuple[int, bytes]]:
    """Ask an endpoint that `serve_published` started: `invoke(container, b"1,2,3", Accept="application/json")`."""

    def invoke(container: Container, body: bytes, **headers: str) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, content, _ = post(container, body, named)
        return status, content

    return invoke


@pytest.fixture
def insist() -> Callable[..., tuple[int, bytes]]:
    """`invoke`, and again when Retry-After says as long as the answer is 503; one without that header is an error."""

    def insist(container: Container, body: bytes) -> tuple[int, bytes]:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            status, content, headers = post(container, body, {})
            if status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return status, content
            time.sleep(int(headers["Retry-After"]))

    return insist


def post(container: Container, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, Message]:
    with closing(http.client.HTTPConnection(*published(container), timeout=ANSWER_SECONDS)) as connection:
        connection.request("POST", "/invocations", body, {"Content-Type": "text/csv", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


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
            connection.settimeout(ANSWER_SECONDS)
            bridge = container.attrs["NetworkSettings"]["Networks"]["bridge"]
            connection.connect((bridge["IPAddress"], PORT))
            return connection

        yield connect


@pytest.fixture
def ping() -> Callable[[Container], float]:
    """Ask /ping of an endpoint that `serve_published` started: the seconds until its 200."""

    def ping(container: Container) -> float:
        began = time.monotonic()
        with closing(http.client.HTTPConnection(*published(container), timeout=ANSWER_SECONDS)) as connection:
            connection.request("GET", "/ping")
            answer = connection.getresponse()
            answer.read()
        assert answer.status == 200
        return time.monotonic() - began

    return ping


def published(container: Container) -> tuple[str, int]:
    return "127.0.0.1", int(container.ports["8080/tcp"][0]["HostPort"])


@pytest.fixture
def workers() -> Callable[[Container], list[str]]:
    """The ids of the processes that answer: children of the arbiter, which is the first process's child."""
    return lambda container: sorted(container.exec_run(["sh", "-c", WORKERS]).output.decode().split())


@pytest.fixture
def serve(
    reference: str, model: Path, start: Callable[..., Container], ask: Callable[..., tuple[int, str]]
) -> Callable[..., Container]:
    """Start an endpoint and wait until it is ready: `serve(**options of docker-py)`."""

    def serve(*command: str, port: int = 8080, **options: Any) -> Container:
        container = start(reference, *(command or ("serve",)), volumes=[f"{model}:/opt/ml/model:ro"], **options)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            container.reload()
            if container.status != "running":
                break
            if ask(container, "GET", "/ping", port=port)[0] == 200:
                return container
            time.sleep(0.2)
        pytest.fail(f"the endpoint is not ready ({container.status}):\n{container.logs().decode()}")

    return serve


@pytest.fixture
def serve_published(serve: Callable[..., Container]) -> Callable[..., Container]:
    """`serve`, with the port published on the loopback interface: for load and for large bodies."""
    return lambda *command, **options: serve(*command, ports=PUBLISHED, **options)


@pytest.fixture
def serve_faulty(serve_published: Callable[..., Container]) -> Callable[..., Container]:
    """`serve_published` with two workers and a fault of faulty_serve.py in predictions of more than 1,000 rows."""
    program = "/srv/faulty_serve.py"
    mount = Mount(program, str(PROGRAMS / "faulty_serve.py"), type="bind", read_only=True)

    def serve(fault: str) -> Container:
        environment = {"FAULT": fault, "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
        return serve_published("python", "-P", program, mounts=[mount], environment=environment)

    return serve
