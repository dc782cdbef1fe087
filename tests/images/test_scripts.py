"""A model with a script of its own, in the image: left alone as it is built, run where its switch is on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docker.models.containers import Container

from tests.corpus.cases import CORPUS
from tests.images.endpoints import ask

Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
ROW = "0.1,0.2,0.3\n"
ON = {"SAGEMAKER_USER_CODE": "true"}
HARDENED = {"read_only": True, "tmpfs": {"/tmp": ""}, "network_mode": "none"}
SCRIPT = """
import os


def predict_fn(data, model, context):
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "script=doubled")
    return {"doubled": model.predict(data) * 2, "width": model.width, "root": os.getuid() == 0}
"""


@pytest.fixture
def scripted(model: Path) -> Path:
    """The trained model with a script beside it."""
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text(SCRIPT)
    return model


def test_script_wraps_the_model_where_it_is_switched_on(scripted: Path, serve: Serve, endpoint: Container) -> None:
    plain = float(ask(endpoint, "POST", "/invocations", ROW)[1].split(",")[0])
    container = serve(environment=ON, **HARDENED)
    status, body = ask(container, "POST", "/invocations", ROW, accept="application/json")
    answer = json.loads(body)
    assert status == 200
    assert np.ravel(answer["doubled"])[0] == pytest.approx(2 * plain)
    assert (answer["width"], answer["root"]) == (3, False)
    status, body = ask(container, "POST", "/invocations", "1,2\n")
    assert (status, json.loads(body)["error"]["where"]) == (400, "body, line 1")
    assert "Traceback" not in container.logs().decode()


def test_script_is_left_alone_as_the_image_is_built(scripted: Path, serve: Serve) -> None:
    (scripted / "code" / "inference.py").write_text("raise SystemExit('this was run')\n")
    container = serve()
    assert ask(container, "POST", "/invocations", ROW)[0] == 200
    log = container.logs().decode()
    assert "code/ in the model is left alone" in log
    assert "this was run" not in log


def test_bad_script_ends_the_container_with_one_line(scripted: Path, reference: str, run: Callable[..., Any]) -> None:
    shutil.copy(CORPUS / "scripts" / "import_error.py", scripted / "code" / "inference.py")
    done = run(reference, "serve", volumes=[f"{scripted}:/opt/ml/model:ro"], environment=ON, **HARDENED)
    assert done.code == 1
    (line,) = (line for line in done.output.splitlines() if not line.startswith("{"))
    assert line.startswith(
        "serve: model, code/inference.py, line 1: inference.py cannot be imported: ModuleNotFoundError"
    )
