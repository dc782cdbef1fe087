"""The one door: it tells what it has, and its recipes stay short."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

import pytest

from containers.build import images

MAKEFILE = (images.ROOT / "Makefile").read_text()
RULES = re.findall(r"^([a-z][a-z/% ]*):(?!=)(.*)\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
TARGETS = sorted({target for targets, _, _ in RULES for target in targets.split()})


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=images.ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_make_alone_prints_the_help() -> None:
    assert run().stdout == run("help").stdout


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_its_line_of_help(target: str) -> None:
    assert re.search(rf"^  make {re.escape(target)} +\S", run("help").stdout, re.MULTILINE)


@pytest.mark.parametrize(("targets", "recipe"), [(targets, recipe) for targets, _, recipe in RULES])
def test_recipes_are_short(targets: str, recipe: str) -> None:
    assert len(recipe.splitlines()) <= 5, targets


def test_unknown_image_is_named() -> None:
    done = run("build/xgbost")
    assert done.returncode != 0
    assert f"image 'xgbost' is unknown; there are {', '.join(images.names())}\n" in done.stderr


def test_hyperparameters_may_hold_quotes() -> None:
    recipe = run("--dry-run", "train/xgboost", "HYPERPARAMETERS=a='1 2' b=3").stdout
    assert shlex.split(recipe.partition("--hyperparameters ")[2])[0] == "a='1 2' b=3"


def test_unknown_target_fails() -> None:
    assert "No rule to make target" in run("nothing").stderr


def test_ci_is_a_script_that_calls_the_documented_commands() -> None:
    script = images.ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    assert "make test REQUIRE_ENGINE=1\n" in script.read_text()
