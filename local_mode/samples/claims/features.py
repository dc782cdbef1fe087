"""From raw claims to the numbers a model takes, and the encoder that does the same to one more claim later.

Standard library only: an application that calls the endpoint needs this file and the saved encoder, nothing else.
"""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
KEY = "policy_id"
LABEL = "fraud"
MISSING = frozenset({"", "N/A", "NA", "NaN", "nan"})
"""Cells without a value. The text "None" is a value: nobody was contacted."""
TRAINING_SHARE = 0.8

Record = Mapping[str, str]


@dataclass(frozen=True)
class Encoder:
    """What was learned from the training rows: the median of each number, the values of each text column."""

    medians: Mapping[str, float]
    values: Mapping[str, Sequence[str]]

    @property
    def names(self) -> list[str]:
        """The features in their order: numbers, then `column_value` for each value of each text column."""
        return [*self.medians, *(f"{column}_{value}" for column, known in self.values.items() for value in known)]

    def transform(self, record: Record) -> list[float]:
        """The features of one raw record. A value never seen in training sets none of its column's features.

        Raises ValueError naming the column whose number is not one.
        """
        numbers = [_number(record, column, median) for column, median in self.medians.items()]
        ones = [float(_word(record, column) == value) for column, known in self.values.items() for value in known]
        return numbers + ones

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Encoder:
    """The encoder that `Encoder.save` wrote."""
    return Encoder(**json.loads(path.read_text(encoding="utf-8")))


def fit(records: Sequence[Record]) -> Encoder:
    """Learn from raw records. A column is a number where every cell that has a value holds one."""
    medians: dict[str, float] = {}
    values: dict[str, Sequence[str]] = {}
    for column in records[0]:
        if column in (KEY, LABEL):
            continue
        cells = [record[column] for record in records if record[column] not in MISSING]
        try:
            medians[column] = statistics.median(map(float, cells))
        except ValueError:
            values[column] = sorted({_word(record, column) for record in records})
    return Encoder(medians, values)


def read(folder: Path = HERE) -> list[Record]:
    """claims.csv left-joined with customers.csv: one raw record a claim."""
    customers = {row[KEY]: row for row in _rows(folder / "customers.csv")}
    unknown = dict.fromkeys(next(iter(customers.values())), "")
    claims = _rows(folder / "claims.csv")
    return [unknown | customers.get(claim[KEY], {}) | claim for claim in claims]


def split(records: Sequence[Record]) -> tuple[Sequence[Record], Sequence[Record]]:
    """The first 80 % to train, the last 20 % to test."""
    cut = int(len(records) * TRAINING_SHARE)
    return records[:cut], records[cut:]


def labels(records: Sequence[Record]) -> list[int]:
    return [int(record[LABEL]) for record in records]


def line(numbers: Sequence[float]) -> str:
    """One row of csv as XGBoost's containers take it: no header, no quotes."""
    return ",".join(f"{number:.0f}" if number.is_integer() else repr(number) for number in numbers)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _word(record: Record, column: str) -> str:
    cell = record.get(column, "")
    return "missing" if cell in MISSING else cell


def _number(record: Record, column: str, median: float) -> float:
    cell = record.get(column, "")
    if cell in MISSING:
        return median
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"column {column!r}: {cell[:80]!r} is not a number; expected one, or nothing") from None
