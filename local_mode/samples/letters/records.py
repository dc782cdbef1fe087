"""The letters as rows of numbers. As the data's authors had it, the first 16,000 train and the last 4,000 test."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from contract.dataset import Floats

HERE = Path(__file__).parent
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FEATURES = 16
TEST_SHARE = 0.2


def read(path: Path = HERE / "letterdata.csv", rows: int | None = None) -> tuple[Floats, list[int]]:
    """Features (rows, 16), whole numbers from 0 to 15, and classes from 0 for A; the first `rows`, or all 20,000."""
    with path.open(newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))[1:][:rows]
    return np.array([row[1:] for row in table], np.float32), [LETTERS.index(row[0]) for row in table]


def cut(count: int) -> int:
    """How many of so many rows train."""
    return count - int(count * TEST_SHARE)
