"""The corpus of hostile requests and models, given to the image held as strictly as can be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container
from docker.types import Mount

from contract import artifact
from tests.corpus import cases, client, recipes
from tests.corpus.recipes import Recipe

Ask = Callable[..., tuple[int, str]]
Serve = Callable[..., Container]
Start = Callable[..., Container]
Workers = Callable[[Container], list[str]]
pytestmark = pytest.mark.engine
ROOT = "/srv"
MOUNT = Mount(f"{ROOT}/tests/corpus", str(cases.CORPUS), type="bind", read_only=True)
AT_ONCE = 4
READY_SECONDS, RUN_SECONDS, REFUSAL_SECONDS = 60, 60, 10
ROW = "1,2,3,4\n"


def complaints(container: Container, *options: str) -> dict[str, str]:
    """What the corpus's client, inside the container, finds wrong."""
    done = container.exec_run(["python", "-m", "tests.corpus.client", "8080", *options], workdir=ROOT)
    assert done.exit_code == 0, done.output.decode()
    return dict(json.loads(done.output))


def test_every_request_gets_the_answer_of_its_name(serve: Serve, workers: Workers, hardened: dict[str, Any]) -> None:
    container = serve(mounts=[MOUNT], user=str(recipes.NOBODY), **hardened)
    time.sleep(0.5)  # it answers before its last worker is there
    before = workers(container)
    assert complaints(container) == {}
    assert workers(container) == before
    assert client.faults_of_log(container.logs().decode()) == []


def test_requests_that_a_model_without_missing_values_gets(serve: Serve, model: Path, hardened: dict[str, Any]) -> None:
    manifest = json.loads((model / artifact.MANIFEST_NAME).read_bytes())
    manifest["features"]["missing_allowed"] = False
    (model / artifact.MANIFEST_NAME).write_text(json.dumps(manifest))
    assert complaints(serve(mounts=[MOUNT], **hardened), "no-missing") == {}


def test_every_bad_model_ends_with_one_line(
    reference: str, tmp_path: Path, start: Start, hardened: dict[str, Any]
) -> None:
    """No code in it is run, and the container, which is told to start again only by others, stays ended."""

    def fault(recipe: Recipe) -> str:
        ml = tmp_path / str(recipe)
        recipe.make(ml / "model")
        container = start(reference, "serve", volumes=[f"{ml}:/opt/ml:ro"], user=str(recipes.NOBODY), **hardened)
        code, output = container.wait(timeout=RUN_SECONDS)["StatusCode"], container.logs().decode()
        if code != 1 or lifetime(container) > REFUSAL_SECONDS:
            return f"exit code {code} after {lifetime(container):.1f} s: {output}"
        return recipes.faults(output, recipe)

    every = recipes.find(recipes.REFUSED_BY_CONTRACT, recipes.REFUSED_BY_LIBRARY)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(map(str, every), pool.map(fault, every), strict=True))
    assert {name: text for name, text in found.items() if text} == {}


def lifetime(container: Container) -> float:
    """Seconds from the start of its first process to the end."""
    container.reload()
    started, finished = (datetime.fromisoformat(container.attrs["State"][key]) for key in ("StartedAt", "FinishedAt"))
    return (finished - started).total_seconds()


@pytest.mark.parametrize("recipe", recipes.find(recipes.SERVED), ids=str)
def test_good_model_is_served(
    recipe: Recipe, reference: str, tmp_path: Path, start: Start, ask: Ask, hardened: dict[str, Any]
) -> None:
    recipe.make(tmp_path / "ml" / "model")  # any user may enter it, but not pytest's own folder
    container = start(reference, "serve", volumes=[f"{tmp_path}/ml:/opt/ml:ro"], user=str(recipes.NOBODY), **hardened)
    deadline = time.monotonic() + READY_SECONDS
    while ask(container, "GET", "/ping")[0] != 200:
        assert time.monotonic() < deadline, container.logs().decode()
    assert ask(container, "POST", "/invocations", ROW)[0] == 200
    assert recipes.CODE_RAN not in container.logs().decode()
