"""From a raw record of insurance.csv to eight scaled numbers, and from a scaled prediction back to charges.

An application that calls the endpoint needs this file and the saved scales, nothing else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
LABEL = "charges"
REGIONS = ("northeast", "northwest", "southeast", "southwest")
NAMES = ("age", "male", "bmi", "children", "smoker", *(f"region_{region}" for region in REGIONS[1:]))
"""The features in their order. The first region is where all the others are 0."""
TEST_SHARE = 0.2
SPLIT_SEED = 42

Record: TypeAlias = Mapping[str, str]
Doubles: TypeAlias = NDArray[np.float64]


def read(path: Path = HERE / "insurance.csv") -> list[Record]:
    """One raw record an insured person."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def split(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """80 % to train, 20 % to test: the same rows as scikit-learn's train_test_split with random_state 42."""
    order = np.random.RandomState(SPLIT_SEED).permutation(len(records))
    cut = int(np.ceil(TEST_SHARE * len(records)))
    return [records[row] for row in order[cut:]], [records[row] for row in order[:cut]]


def encode(record: Record) -> list[float]:
    """The features of one record, not scaled. Raises ValueError for a word or a number that cannot be."""
    region = _choice(record, "region", REGIONS)
    return [
        float(record["age"]),
        float(_choice(record, "sex", ("female", "male"))),
        float(record["bmi"]),
        float(record["children"]),
        float(_choice(record, "smoker", ("no", "yes"))),
        *(float(region == place) for place in range(1, len(REGIONS))),
    ]


def table(records: Sequence[Record]) -> tuple[Doubles, Doubles]:
    """Features (rows, 8) and charges (rows,), not scaled."""
    features = np.array([encode(record) for record in records])
    return features, np.array([float(record[LABEL]) for record in records])


@dataclass(frozen=True)
class Scales:
    """Mean and standard deviation of each feature, and of the label, learned from the training rows."""

    means: Sequence[float]
    deviations: Sequence[float]
    label_mean: float
    label_deviation: float

    def features(self, features: Doubles) -> Doubles:
        scaled: Doubles = (features - np.array(self.means)) / np.array(self.deviations)
        return scaled

    def label(self, charges: Doubles) -> Doubles:
        return (charges - self.label_mean) / self.label_deviation

    def charges(self, label: Doubles) -> Doubles:
        """What the scaled label, such as a prediction, means in the label's own units."""
        return label * self.label_deviation + self.label_mean

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def fit(features: Doubles, charges: Doubles) -> Scales:
    return Scales(
        features.mean(axis=0).tolist(), features.std(axis=0).tolist(), float(charges.mean()), float(charges.std())
    )


def load(path: Path) -> Scales:
    """What `Scales.save` wrote."""
    return Scales(**json.loads(path.read_text(encoding="utf-8")))


def _choice(record: Record, column: str, words: Sequence[str]) -> int:
    if record[column] not in words:
        raise ValueError(f"column {column!r}: {record[column][:80]!r} is not one of {', '.join(words)}")
    return words.index(record[column])
