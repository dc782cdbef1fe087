"""Every model directory of tests/corpus/models, given to `serve` as it runs; tests/images/xgboost: to the image."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.corpus import recipes
from tests.corpus.recipes import Recipe

if TYPE_CHECKING:
    from conftest import Server

SECONDS = 10
ROW = b"1,2,3,4\n"
REFUSED = recipes.find(recipes.REFUSED_BY_CONTRACT, recipes.REFUSED_BY_LIBRARY)


@pytest.fixture
def base() -> Iterator[Path]:
    """Of a short name, which an error can quote whole."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


# Those of another user: tests/contract/test_artifact_refusals.py, and the image's test.
@pytest.mark.parametrize("recipe", [recipe for recipe in REFUSED if not recipe.of_another_user], ids=str)
def test_bad_model_ends_with_one_line(recipe: Recipe, base: Path, launch: Callable[..., Server]) -> None:
    """Within seconds, without a trace; nothing in it is run, nothing is started again, and /ping is never well."""
    recipe.make(base / "model")
    server, started = launch(base), time.monotonic()
    pings = set()
    while server.process.poll() is None:
        pings.add(ping(server))
        assert time.monotonic() - started < SECONDS
    assert server.process.returncode == 1
    assert pings <= {0, 503}
    log = server.log.read_text()
    assert recipes.faults(log.replace(f"{base}/", "/opt/ml/"), recipe) == ""
    assert server.refuses


def ping(server: Server) -> int:
    """The status, 0 where nobody listens."""
    try:
        return server.ask("GET", "/ping")[0]
    except OSError:
        time.sleep(0.02)
        return 0


@pytest.mark.parametrize("recipe", recipes.find(recipes.SERVED), ids=str)
def test_good_model_is_served(recipe: Recipe, base: Path, launch: Callable[..., Server]) -> None:
    model = recipe.make(base / "model")
    server = launch(base).ready()
    assert server.ask("POST", "/invocations", ROW)[0] == 200
    assert server.stop()[0] == 0
    log = server.log.read_text()
    assert ("no model.json beside the model" in log) == (not (model / "model.json").exists())
    assert recipes.CODE_RAN not in log


def test_no_kind_of_model_is_left_out() -> None:
    assert len(REFUSED) + len(recipes.find(recipes.SERVED)) >= 28
