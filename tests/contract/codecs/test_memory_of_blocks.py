"""Read in blocks, no file makes a codec hold more than a body in memory may: each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract import limits
from tests.contract.codecs.programs.read_alone import FILES

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "programs" / "read_alone.py"
MOST_BYTES = 25 * limits.PAYLOAD_BYTES


@pytest.mark.parametrize("name", FILES)
def test_memory_is_bounded_by_the_block(name: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, PROGRAM, name], capture_output=True, text=True, check=True, env=environment)
    held, rows, polars, said = done.stdout.split(maxsplit=3)
    print(f"{int(held) / 2**20:.0f} MiB, {rows} rows, {said}")
    assert int(held) < MOST_BYTES
    assert polars == "False", "a request must not import polars"
    assert (int(rows) > 90_000) == name.startswith("rows")
