"""A bounded run of each target from the corpus, by seed and count: what passes once passes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS

RUNS, SECONDS = 3_000, 20
"""Inputs for each target, and how long they may take at most on a machine that has other things to do."""


@pytest.mark.parametrize("target", TARGETS)
def test_corpus_passes(target: str) -> None:
    found = seeds.of(target)
    assert len(found) > 10
    for seed in found:
        TARGETS[target](seed)


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_fails(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python and machine")
    from tests.fuzz.__main__ import fuzz

    outcome = fuzz(target, tmp_path, runs=RUNS, seconds=SECONDS, seed=1)
    assert not outcome.failure, outcome.failure
    assert outcome.inputs >= len(seeds.of(target)), "not even the corpus was run"
    assert outcome.edges
