"""A folder of models as SageMaker fills it, and a multi-model endpoint in this process, its keeper in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray
from werkzeug.test import Client, TestResponse

from serving.app import Application
from serving.invocations import Endpoint
from serving.models.remote import Models
from serving.settings import Settings

KINDS = ("binary:logistic", "reg:squarederror", "multi:softprob", "count:poisson")
ROW = b"1,2,3,4\n"
Trained: TypeAlias = Callable[[str], xgboost.Booster]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Path:
    """Stands for /opt/ml; below it models/N/model for each of KINDS, N its place."""
    folder = tmp_path_factory.mktemp("ml")
    for place, kind in enumerate(KINDS):
        directory = folder / f"models/{place}/model"
        directory.mkdir(parents=True)
        (directory / "xgboost-model").write_bytes(trained(kind).save_raw("ubj"))
    return folder


class Several:
    """A multi-model endpoint, and what SageMaker asks of it."""

    def __init__(
        self, base: Path, *, room: int | None = None, files: int | None = None, faulty: bool = False, **settings: Any
    ) -> None:
        wanted = {"settings": settings | {"multi_model": True}, "room": room, "files": files, "faulty": faulty}
        program = Path(__file__).parent / "keep.py"
        self.log = base / f"log-{len(list(base.glob('log-*')))}"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(program), json.dumps(wanted)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(Path(__file__).parents[3])},
            )
        assert self._process.stdout is not None
        self.keeper, directory = json.loads(self._process.stdout.readline())
        chosen = Settings(**wanted["settings"])
        self.models = Models(Path(directory), chosen)
        self.client = Client(Application(Endpoint(chosen, self.models)))

    def load(self, name: str, url: str = "/opt/ml/models/0/model") -> TestResponse:
        return self.client.post("/models", json={"model_name": name, "url": url})

    def unload(self, name: str) -> TestResponse:
        return self.client.delete(f"/models/{quote(name, safe='')}")

    def invoke(self, name: str, body: bytes = ROW) -> TestResponse:
        return self.client.post(f"/models/{quote(name, safe='')}/invoke", data=body, content_type="text/csv")

    def names(self) -> list[str]:
        return [model["modelName"] for model in self.client.get("/models").json["models"]]

    def processes(self) -> list[int]:
        """Of the models."""
        children = Path(f"/proc/{self.keeper}/task/{self.keeper}/children").read_text()
        return [int(pid) for pid in children.split()]

    def close(self) -> None:
        for connection in self.models._idle:
            connection.close()
        self._process.communicate(timeout=10)
        assert self._process.returncode == 0
        assert not Path(f"/proc/{self.keeper}").exists()
        assert not self.models.directory.exists()


@pytest.fixture
def several(base: Path) -> Iterator[Callable[..., Several]]:
    """Starts an endpoint of a test's own: `several(seconds=1, room=10 << 20, faulty=True)`."""
    with ExitStack() as stack:

        def start(**wanted: Any) -> Several:
            started = Several(base, **wanted)
            stack.callback(started.close)
            return started

        yield start


@pytest.fixture(scope="module")
def running(base: Path) -> Iterator[Several]:
    started = Several(base)
    yield started
    started.close()


@pytest.fixture
def endpoint(running: Several) -> Iterator[Several]:
    """One endpoint for a module's tests, without a model at the start of each."""
    yield running
    for name in running.names():
        assert running.unload(name).status_code == 200


@pytest.fixture
def put(base: Path) -> Callable[[bytes], str]:
    """Puts one more model file where models lie: its url."""

    def put(content: bytes) -> str:
        directory = base / f"models/put-{len(list((base / 'models').iterdir()))}/model"
        directory.mkdir(parents=True)
        (directory / "xgboost-model").write_bytes(content)
        return str(directory)

    return put


@pytest.fixture(scope="session")
def expected(trained: Trained) -> Callable[[int, bytes], NDArray[np.float32]]:
    """What the library itself predicts with the model at this place for rows of csv."""

    def predict(place: int, rows: bytes) -> NDArray[np.float32]:
        features = np.array([line.split(b",") for line in rows.split()], np.float32)
        scores: NDArray[np.float32] = trained(KINDS[place]).predict(xgboost.DMatrix(features))
        return scores

    return predict
