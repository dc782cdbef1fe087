"""Model directories of Linear Learner and PCA: those of tests/corpus/models/<algorithm>, and of any algorithm."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.errors import UserError
from serving import probe
from serving.settings import Settings
from tests.corpus import recipes
from tests.corpus.recipes import MODELS, Recipe

if TYPE_CHECKING:
    from conftest import Server

SECONDS = 10
ROW = b"1,2,3,4\n"
FILE = "model.safetensors"
ALGORITHMS = ("linear_learner", "pca")


def of(algorithm: str, *folders: str) -> list[Recipe]:
    return [replace(found, good=MODELS / algorithm / "good", file=FILE) for found in recipes.find(*folders)]


def pairs(folder: str) -> list[tuple[str, Recipe]]:
    return [(algorithm, found) for algorithm in ALGORITHMS for found in of(algorithm, f"{algorithm}/{folder}")]


REFUSED, SERVED = pairs(recipes.REFUSED_BY_LIBRARY), pairs(recipes.SERVED)
OF_ANY = [
    (algorithm, found)
    for algorithm in ALGORITHMS
    for found in of(algorithm, recipes.REFUSED_BY_CONTRACT)
    if found.fits_any_model and not found.of_another_user
]


@pytest.fixture
def base() -> Iterator[Path]:
    """Of a short name, which an error can quote whole."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def refusal(algorithm: str, directory: Path) -> str:
    """The one line of a model that is refused, quickly and without much memory."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError) as caught:
        probe.load(algorithm, directory, Settings())
    assert time.monotonic() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
    assert caught.value.code == "bad_model"
    return " ".join(str(caught.value).replace(str(directory), "/opt/ml/model").split())


@pytest.mark.parametrize(("algorithm", "recipe"), REFUSED, ids=str)
def test_bad_model_is_refused(algorithm: str, recipe: Recipe, base: Path) -> None:
    assert refusal(algorithm, recipe.make(base / "model")).startswith(recipe.expected)


@pytest.mark.parametrize(("algorithm", "recipe"), OF_ANY, ids=str)
def test_bad_directory_of_any_algorithm_is_refused(algorithm: str, recipe: Recipe, base: Path) -> None:
    assert refusal(algorithm, recipe.make(base / "model")) == recipe.expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", ["bare_zip_bomb", "bare_huge_shape", "safetensors_of_zeros"])
def test_bad_model_ends_serve_with_one_line(
    algorithm: str, name: str, base: Path, launch: Callable[..., Server]
) -> None:
    found = [recipe for recipe in of(algorithm, f"{algorithm}/libraries") if recipe.path.stem == name]
    for recipe in found:
        recipe.make(base / "model")
        server = launch(base, SAGEMAKER_ALGORITHM=algorithm)
        assert server.process.wait(timeout=SECONDS) == 1
        assert recipes.faults(server.log.read_text(), recipe) == ""
        assert server.refuses
    assert found or (algorithm, name) == ("pca", "bare_zip_bomb")


@pytest.mark.parametrize(("algorithm", "recipe"), SERVED, ids=str)
def test_good_model_is_served(
    algorithm: str, recipe: Recipe, base: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    model = recipe.make(base / "model")
    loaded = probe.load(algorithm, model, Settings())
    loaded.try_out()
    assert loaded.count() == 1
    assert ("no model.json beside the model" in caplog.text) == (not (model / "model.json").exists())
    assert recipes.CODE_RAN not in capfd.readouterr().out


def test_no_kind_of_model_is_left_out() -> None:
    assert len(REFUSED) >= 30
    assert len(OF_ANY) > 40
    assert len(SERVED) == 6
