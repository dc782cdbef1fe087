"""The corpus's bad model directories, made of the model that the image trained: each ends with one line, at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import recipes
from tests.images import samples

pytestmark = pytest.mark.engine
EACH = """
for made in /made/*; do
    SAGEMAKER_BASE_DIR=$made timeout --signal=KILL 10 serve >/tmp/said 2>&1
    echo "$made $?"
    sed "s|^|$made |; s|$made/model|/opt/ml/model|g" /tmp/said
done
"""
"""Of each directory the exit code of `serve`, then its lines, each behind the directory's name."""


def test_every_bad_model_ends_with_one_line(
    algorithm: str, reference: str, trained: Path, tmp_path: Path, run: Callable[..., Any], hardened: dict[str, Any]
) -> None:
    """No code in it is run, and it is not started again."""
    name = max(samples.native_files(trained, algorithm), key=lambda file: (trained / file).stat().st_size)
    found = (replace(recipe, good=trained, file=name) for recipe in recipes.find(recipes.REFUSED_BY_CONTRACT))
    made = {f"/made/{recipe.path.stem}": recipe for recipe in found if recipe.fits_any_model}
    assert len(made) > 20
    for recipe in made.values():
        recipe.make(tmp_path / recipe.path.stem / "model")
    done = run(reference, "sh", "-c", EACH, volumes=[f"{tmp_path}:/made:ro"], user=str(recipes.NOBODY), **hardened)
    said: dict[str, list[str]] = {place: [] for place in made}
    for line in done.output.splitlines():
        place, _, text = line.partition(" ")
        said[place].append(text)
    wrong = {
        place: lines
        for place, lines in said.items()
        if lines[:1] != ["1"] or recipes.faults("\n".join(lines[1:]), made[place])
    }
    assert wrong == {}
