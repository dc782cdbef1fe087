"""The corpus's models of XGBoost, given to the image held as strictly as can be."""

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

from contract import artifact
from tests.corpus import recipes
from tests.corpus.recipes import Recipe
from tests.images import endpoints, samples
from tests.images.endpoints import ask
from tests.images.hostile import MOUNT, complaints

Run = Callable[..., Any]
Start = Callable[..., Container]
pytestmark = pytest.mark.engine
AT_ONCE = 4
RUN_SECONDS, REFUSAL_SECONDS = 60, 10
ROW = "1,2,3,4\n"


def test_requests_that_a_model_without_missing_values_gets(
    model: Path, serve: Callable[..., Container], hardened: dict[str, Any]
) -> None:
    manifest = json.loads((model / artifact.MANIFEST_NAME).read_bytes())
    manifest["features"]["missing_allowed"] = False
    (model / artifact.MANIFEST_NAME).write_text(json.dumps(manifest))
    assert not samples.features(model).missing_allowed
    assert complaints(serve(mounts=[MOUNT], **hardened)) == {}


def test_every_bad_model_ends_with_one_line(
    reference: str, tmp_path: Path, start: Start, hardened: dict[str, Any]
) -> None:
    """No code in it is run, and the container, which is told to start again only by others, stays ended.

    One of each kind that any algorithm's model can be is tests/images/test_models.py's.
    """

    def fault(recipe: Recipe) -> str:
        ml = tmp_path / str(recipe)
        recipe.make(ml / "model")
        container = start(reference, "serve", volumes=[f"{ml}:/opt/ml:ro"], user=str(recipes.NOBODY), **hardened)
        code, output = container.wait(timeout=RUN_SECONDS)["StatusCode"], container.logs().decode()
        if code != 1 or lifetime(container) > REFUSAL_SECONDS:
            return f"exit code {code} after {lifetime(container):.1f} s: {output}"
        return recipes.faults(output, recipe)

    bad = recipes.find(recipes.REFUSED_BY_CONTRACT, recipes.REFUSED_BY_LIBRARY)
    every = [recipe for recipe in bad if recipe not in recipes.one_of_each_kind()]
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
    recipe: Recipe, reference: str, tmp_path: Path, start: Start, hardened: dict[str, Any]
) -> None:
    recipe.make(tmp_path / "ml" / "model")  # any user may enter it, but not pytest's own folder
    container = start(reference, "serve", volumes=[f"{tmp_path}/ml:/opt/ml:ro"], user=str(recipes.NOBODY), **hardened)
    endpoints.ready(container)
    assert ask(container, "POST", "/invocations", ROW)[0] == 200
    assert recipes.CODE_RAN not in container.logs().decode()


@pytest.mark.parametrize("manifest", [True, False])
def test_cut_model_ends_with_one_line(manifest: bool, reference: str, model: Path, run: Run) -> None:
    """The manifest's sum tells; and without a manifest, the library's reader."""
    file = model / "xgboost-model"
    file.write_bytes(file.read_bytes()[:-100])
    if not manifest:
        (model / "model.json").unlink()
    began = time.monotonic()
    done = run(reference, "serve", volumes=[f"{model}:/opt/ml/model:ro"])
    assert time.monotonic() - began < 10
    assert done.code == 1
    said = [line for line in done.output.splitlines() if "no model.json beside" not in line]
    assert len(said) == 1, done.output
    assert said[0].startswith("serve: ")
