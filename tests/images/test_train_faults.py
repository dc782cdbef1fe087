"""Training containers that are given what is wrong, that are killed, or whose disk refuses: what they say and leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.images import samples

Run = Callable[..., Any]
pytestmark = pytest.mark.engine
TIMES = 3000
"""How often the sample's rows stand in a channel that does not fit into little memory."""
MEGABYTES = (100, 64, 48, 32)
"""Of memory: less and less, since what an algorithm needs is its own affair."""


def numeric(specification: dict[str, Any]) -> str:
    """The first hyperparameter of the image's own list that takes a number."""
    kinds = {each["Name"]: each["Type"] for each in specification["SupportedHyperParameters"]}
    return next(name for name, kind in kinds.items() if kind in ("Integer", "Continuous"))


def test_hyperparameter_that_is_no_number_is_named(
    reference: str, specification: dict[str, Any], ml: Path, run: Run
) -> None:
    name = numeric(specification)
    samples.give(ml, **{name: "many"})
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert done.code == 1, done.output
    assert f"'{name}': 'many'" in samples.failure(ml)
    assert "Traceback" not in done.output


def test_unknown_hyperparameter_is_named_with_what_may_be_meant(
    reference: str, specification: dict[str, Any], ml: Path, run: Run
) -> None:
    name = numeric(specification)
    samples.give(ml, **{f"{name}_": "1"})
    assert run(reference, "train", volumes=[f"{ml}:/opt/ml"]).code == 1
    assert f"'{name}_'" in samples.failure(ml)
    assert f"'{name}'" in samples.failure(ml)


def test_cell_that_is_no_number_is_told_with_file_and_line(reference: str, ml: Path, run: Run) -> None:
    path = ml / samples.ROWS
    lines = path.read_text().splitlines(keepends=True)
    lines[4] = f"{lines[4].rpartition(',')[0]},high\n"
    path.write_text("".join(lines))
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert done.code == 1, done.output
    assert re.search(rf"{re.escape(path.name)}[,:] line 5\b", samples.failure(ml)), samples.failure(ml)
    assert "'high'" in samples.failure(ml)
    assert not list((ml / "model").iterdir())


def test_job_without_a_channel_says_which(reference: str, ml: Path, run: Run) -> None:
    (ml / samples.CHANNELS).write_text("{}")
    assert run(reference, "train", volumes=[f"{ml}:/opt/ml"]).code == 1
    assert samples.failure(ml).startswith("Missing required channel: train")


def test_out_of_memory_is_137_with_a_reason(reference: str, ml: Path, run: Run) -> None:
    rows = ml / samples.ROWS
    rows.write_text(rows.read_text() * TIMES)
    # The first time without a limit, for the files of the image: read within one they count, and the kernel throws
    # them out and reads them again for minutes before it kills.
    assert run(reference, "train", volumes=[f"{ml}:/opt/ml"]).code == 0
    for megabytes in MEGABYTES:
        limit = f"{megabytes}m"
        done = run(reference, "train", volumes=[f"{ml}:/opt/ml"], mem_limit=limit, memswap_limit=limit)
        if done.code:
            break
    assert done.code == 137, done.output
    wanted = f"the training process was killed by signal 9 (SIGKILL): usually out of memory; limit {megabytes} MB"
    assert samples.failure(ml).startswith(wanted)


def test_full_disk_ends_with_3_and_leaves_no_stump(
    algorithm: str, reference: str, ml: Path, trained: Path, run: Run
) -> None:
    """A disk of one page: there is no room for a second file, and what is left are whole files, but no model.json."""
    disk = {"/opt/ml/model": "size=4k"}
    done = run(reference, "-c", samples.TRAIN_AND_LIST, entrypoint="sh", volumes=[f"{ml}:/opt/ml"], tmpfs=disk)
    assert done.code == 3, done.output
    assert samples.failure(ml).startswith("cannot write /opt/ml/model/")
    assert "No space left on device" in samples.failure(ml)
    whole = {f"{file.bytes} {name}" for name, file in samples.native_files(trained, algorithm).items()}
    assert set((ml / "output" / "data" / "left").read_text().splitlines()) < whole


def test_model_that_cannot_be_written_is_3_before_any_work(reference: str, ml: Path, run: Run) -> None:
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml", f"{ml / 'model'}:/opt/ml/model:ro"])
    assert done.code == 3, done.output
    assert "/opt/ml/model" in samples.failure(ml)
    assert "Read-only file system" in samples.failure(ml)
