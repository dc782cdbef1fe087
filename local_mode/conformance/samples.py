"""What the image is given where the user gives nothing: a small table, and a row of it."""

from __future__ import annotations

import random
from pathlib import Path

from contract.errors import UserError, show

ROWS = 200
FEATURES = 3
CSV = "text/csv"


def table(rows: int = ROWS) -> str:
    """csv as the built-in algorithms read it: no header, the label first, 0 or 1, then three numbers."""
    numbers = random.Random(7)  # noqa: S311 - the same numbers each time
    drawn = [[round(numbers.random(), 4) for _ in range(FEATURES)] for _ in range(rows)]
    return "".join(f"{int(row[0] + row[1] > 1)},{','.join(map(str, row))}\n" for row in drawn)


def request(train: Path, *, labels: bool = True) -> bytes:
    """The first row of the first file of csv, without its label if it has one. Raises UserError where there is none."""
    files = [train] if train.is_file() else sorted(path for path in train.rglob("*") if path.is_file())
    for file in files:
        with file.open("rb") as stream:
            row = stream.readline(1 << 20).strip()
        if b"," in row:
            return (row.split(b",", 1)[1] if labels else row) + b"\n"
    raise UserError(f"{show(str(train))} holds no row of csv to make a request from; give --request FILE")
