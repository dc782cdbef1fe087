"""Models that bring a script, and clients of the application that serves them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from serving import service
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a script leaves in its process is gone after the test."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None)).startswith("/tmp"):
            del sys.modules[name]


@pytest.fixture
def place(directory: Callable[..., Path]) -> Callable[..., Path]:
    """A model directory, by default with an XGBoost model, and the script: `place("steps", kinds=())`."""

    def make(*scripts: str, folder: Path = SCRIPTS, kinds: tuple[str, ...] = ("binary:logistic",)) -> Path:
        model = directory(*kinds)
        (model / "code").mkdir(exist_ok=True)
        for name in scripts:
            shutil.copy(folder / f"{name}.py", model / "code")
        return model

    return make


@pytest.fixture
def load(place: Callable[..., Path]) -> Callable[..., Client]:
    """A client of the application: `load("steps")`; of an image without an algorithm: `load("steps", algorithm="")`."""

    def make(script: str, *others: str, algorithm: str = "xgboost", **settings: Any) -> Client:
        model = place(script, *others)
        (model / "weights.json").write_text("[1.0, 10.0]")
        chosen = Settings(**{"user_code": True, "program": script, **settings})
        loaded = service.load(algorithm, model, chosen)
        loaded.try_out()
        return Client(Application(Endpoint(chosen, loaded)))

    return make


@pytest.fixture
def post() -> Callable[..., Any]:
    """`post(client, b"1,2", "text/csv", Accept="application/json")`."""

    def send(client: Client, body: bytes, content_type: str | None = "text/csv", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/invocations", data=body, content_type=content_type, headers=named)

    return send
