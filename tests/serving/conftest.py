"""Small XGBoost models, one an objective, clients of the application that serves them, and whole servers."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray
from werkzeug.test import Client

from serving import service
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings
from tests.corpus import cases

WIDTH = 4
Rows: TypeAlias = NDArray[np.float32]
Serve: TypeAlias = Callable[..., Client]

OBJECTIVES: dict[str, dict[str, Any]] = {
    "reg:squarederror": {},
    "reg:logistic": {},
    "reg:squaredlogerror": {},
    "reg:pseudohubererror": {},
    "reg:absoluteerror": {},
    "reg:gamma": {},
    "reg:tweedie": {},
    "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
    "count:poisson": {"base_score": 0.3},
    "binary:logistic": {},
    "binary:logitraw": {},
    "binary:hinge": {},
    "multi:softmax": {"num_class": 3},
    "multi:softprob": {"num_class": 3},
    "rank:pairwise": {},
    "rank:ndcg": {},
    "rank:map": {},
    "survival:aft": {},
    "survival:cox": {},
}
BOOSTERS: dict[str, dict[str, Any]] = {
    "gblinear": {"objective": "reg:squarederror", "booster": "gblinear", "updater": "coord_descent"},
    "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5},
    "dart regression": {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.3},
    "forest": {"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.5},
    "base_score": {"objective": "reg:squarederror", "base_score": 7.5},
}
KINDS = [*OBJECTIVES, *BOOSTERS]


@cache
def booster(kind: str) -> xgboost.Booster:
    """A small model of an objective, or of one of BOOSTERS; half of its training cells are missing in one column."""
    random = np.random.default_rng(3)
    features = random.normal(size=(120, WIDTH)).astype(np.float32)
    features[::2, 1] = np.nan
    parameters = BOOSTERS.get(kind) or {"objective": kind, **OBJECTIVES[kind]}
    labels = (features[:, 0] > 0).astype(np.float32) + (features[:, 2] > 1) * (parameters.get("num_class") == 3)
    matrix = xgboost.DMatrix(features, labels)
    if kind.startswith("rank:"):
        matrix.set_group([30] * 4)
    elif kind == "survival:aft":
        matrix.set_float_info("label_lower_bound", labels + 1)
        matrix.set_float_info("label_upper_bound", labels + 2)
    elif kind in ("reg:gamma", "survival:cox"):
        matrix.set_label(labels + 1)
    with xgboost.config_context(verbosity=0):  # as a parameter it would silence the whole process for good
        return xgboost.train({"max_depth": 3, "nthread": 1, **parameters}, matrix, 6)


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Rows with missing cells, float32 all through."""
    random = np.random.default_rng(7)
    features = random.normal(size=(9, WIDTH)).astype(np.float32)
    features[1, 2] = features[4, 1] = features[5] = np.nan
    return features


@pytest.fixture
def directory(tmp_path: Path) -> Callable[..., Path]:
    """A model directory without model.json: `directory("binary:logistic")`, or of several members."""

    def make(*kinds: str) -> Path:
        for place, kind in enumerate(kinds):
            name = "xgboost-model" if len(kinds) == 1 else f"xgboost-model-{place}"
            (tmp_path / name).write_bytes(booster(kind).save_raw("ubj"))
        return tmp_path

    return make


@pytest.fixture
def serve(directory: Callable[..., Path]) -> Serve:
    """A client of the application: `serve("binary:logistic", batch=True)`."""

    def make(*kinds: str, **settings: Any) -> Client:
        chosen = Settings(**settings)
        loaded = service.load("xgboost", directory(*kinds), chosen)
        loaded.try_out()
        return Client(Application(Endpoint(chosen, loaded)))

    return make


@pytest.fixture(scope="session")
def trained() -> Callable[[str], xgboost.Booster]:
    return booster


class Server:
    """One `serve` process and how to talk to it."""

    START_SECONDS = 20

    def __init__(self, base: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = base / "log"
        settings = {
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_ALGORITHM": "xgboost",
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            **environment,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAGEMAKER_")}
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "serving.serve"], stdout=stream, stderr=stream, env=clean | settings
            )

    def ready(self) -> Server:
        deadline = time.monotonic() + self.START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask("GET", "/ping")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def ask(self, method: str, path: str, body: bytes | None = None, seconds: float = 10) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            connection.request(method, path, body, {"Content-Type": "text/csv"})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def raw(self, *parts: bytes, pause: float = 0, end: bool = False) -> bytes:
        """What comes back for these bytes, until the server closes or says nothing for a while."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
                if end:
                    connection.shutdown(socket.SHUT_WR)
                connection.settimeout(2)
                return b"".join(iter(lambda: connection.recv(65536), b""))
            except (TimeoutError, ConnectionError):
                return b""

    def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit code, and the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        return code, time.monotonic() - started

    def workers(self) -> list[int]:
        """The processes that answer: children of the arbiter, which is the child of the first process."""
        return sorted(worker for arbiter in children(self.process.pid) for worker in children(arbiter))

    @property
    def refuses(self) -> bool:
        """Whether nobody listens on its port."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) != 0


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def launch() -> Iterator[Callable[..., Server]]:
    """Starts `serve` in a folder that stands for /opt/ml; what still runs at the end of the test is stopped."""
    servers: list[Server] = []

    def run(base: Path, **environment: str) -> Server:
        servers.append(Server(base, **environment))
        return servers[-1]

    yield run
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def start(tmp_path: Path, launch: Callable[..., Server]) -> Callable[..., Server]:
    """Starts `serve` on a model file of this content, by default a good one."""

    def run(content: bytes | None = None, **environment: str) -> Server:
        model = tmp_path / "model"
        model.mkdir(exist_ok=True)
        good = bytes(booster("binary:logistic").save_raw("ubj"))
        (model / "xgboost-model").write_bytes(good if content is None else content)
        return launch(tmp_path, **environment)

    return run


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that leave it as it was."""
    base = tmp_path_factory.mktemp("shared")
    (base / "model").mkdir()
    (base / "model" / "xgboost-model").write_bytes(booster("binary:logistic").save_raw("ubj"))
    server = Server(base, MAX_CONTENT_LENGTH="1000000").ready()
    yield server
    assert server.stop()[0] == 0
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(scope="session")
def corpus_model() -> bytes:
    """Takes as many features as the rows of tests/corpus have."""
    features = np.random.default_rng(0).normal(size=(200, cases.FEATURES)).astype(np.float32)
    matrix = xgboost.DMatrix(features, features[:, 0] > 0)
    return bytes(xgboost.train({"objective": "binary:logistic", "nthread": 1}, matrix, 20).save_raw("ubj"))


@pytest.fixture(scope="module")
def corpus_server(tmp_path_factory: pytest.TempPathFactory, corpus_model: bytes) -> Iterator[Server]:
    """Two workers with that model and the usual limits, for the tests that leave it as it was."""
    base = tmp_path_factory.mktemp("corpus")
    (base / "model").mkdir()
    (base / "model" / "xgboost-model").write_bytes(corpus_model)
    server = Server(base, SAGEMAKER_MODEL_SERVER_WORKERS="2").ready()
    while len(server.workers()) < 2:  # it answers before its last worker is there
        time.sleep(0.02)
    yield server
    server.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `kind` runs for every objective and every booster."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", KINDS)
