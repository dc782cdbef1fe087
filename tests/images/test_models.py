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
refuse() {
    SAGEMAKER_BASE_DIR=/made/$1 SAGEMAKER_BIND_TO_PORT=$2 timeout --signal=KILL 10 serve >/tmp/$1 2>&1
    echo $? >/tmp/$1.code
}
port=8080
for made in $(ls /made); do
    port=$((port + 1))
    refuse $made $port &
    test $((port % 2)) != 0 || wait
done
wait
for made in $(ls /made); do
    sed "s|^|$made |; s|/made/$made/|/opt/ml/|g" /tmp/$made.code /tmp/$made
done
"""
"""Of each directory the exit code of `serve`, then its lines, each behind the directory's name. Two at a time."""


def test_every_bad_model_ends_with_one_line(
    algorithm: str, reference: str, trained: Path, tmp_path: Path, run: Callable[..., Any], hardened: dict[str, Any]
) -> None:
    """No code in it is run, and it is not started again."""
    name = max(samples.native_files(trained, algorithm), key=lambda file: (trained / file).stat().st_size)
    made = {kind.path.stem: replace(kind, good=trained, file=name) for kind in recipes.one_of_each_kind()}
    assert len(made) > 10
    for place, recipe in made.items():
        recipe.make(tmp_path / "made" / place / "model")
    done = run(reference, "sh", "-c", EACH, volumes=[f"{tmp_path}/made:/made:ro"], user=str(recipes.NOBODY), **hardened)
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
