"""The model directory under attack: every manifest and directory of tests/corpus/models that is wrong.

Each refusal is one line, comes fast and runs nothing.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.artifact import bare_file, verify
from contract.errors import UserError
from tests.corpus import recipes
from tests.corpus.recipes import MODELS, Recipe

MANIFESTS = sorted(path.stem for path in (MODELS / "manifests").glob("*.json"))
SECONDS = 10
MODEL = "xgboost-model"


def examine(directory: Path) -> None:
    """As an algorithm does before it loads."""
    if verify(directory, algorithm="xgboost", libraries={"xgboost": "3.2.0"}) is None:
        bare_file(directory, MODEL)


def refusal(directory: Path) -> str:
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        examine(directory)
    assert time.monotonic() - start < SECONDS
    assert "\n" not in str(caught.value)
    assert caught.value.code == "bad_model"
    return caught.value.message


@pytest.mark.parametrize("name", MANIFESTS)
def test_bad_manifest(name: str, model: Path) -> None:
    shutil.copy(MODELS / "manifests" / f"{name}.json", model / "model.json")
    assert f"model: {refusal(model)}\n" == (MODELS / "manifests" / f"{name}.expected").read_text()


@pytest.mark.parametrize("recipe", recipes.find(recipes.REFUSED_BY_CONTRACT), ids=str)
def test_bad_directory(recipe: Recipe, readable_by_all: Path, as_nobody: Callable[[], None]) -> None:
    model = recipe.make(readable_by_all / "model")
    if recipe.of_another_user:
        as_nobody()
    assert f"model: {refusal(model)}".replace(str(model), "/opt/ml/model") == recipe.expected


@pytest.mark.parametrize("recipe", recipes.find(recipes.REFUSED_BY_LIBRARY, recipes.SERVED), ids=str)
def test_directory_that_is_whole(recipe: Recipe, tmp_path: Path) -> None:
    """What the library may still refuse."""
    examine(recipe.make(tmp_path / "model"))


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    """A folder that another user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody(readable_by_all: Path) -> Iterator[Callable[[], None]]:
    """Makes the model another user's: root becomes nobody; anyone else gives up the right to read by changing modes."""

    model, owner = readable_by_all / "model", os.geteuid()

    def change() -> None:
        if owner == 0:
            os.seteuid(recipes.NOBODY)
            return
        for path in (*model.iterdir(), model):
            path.chmod(path.stat().st_mode & 0o077)

    yield change
    os.seteuid(owner)
    if model.exists():
        model.chmod(0o755)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_binary_pickle_is_known(protocol: int, model: Path) -> None:
    (model / MODEL).write_bytes(pickle.dumps({"a": 1}, protocol))
    with pytest.raises(UserError, match="is a pickle"):
        bare_file(model, MODEL)
