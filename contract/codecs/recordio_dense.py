"""The fast road for recordio-protobuf: dense records that are all alike but for their numbers, as arrays are written.

Such records have one length, so that a block of them is a matrix of bytes: those that belong to no number must be the
same in every row, and the others are the numbers, where they lie. Anything else is left to the strict road, which reads
record by record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.codecs import recordio
from contract.codecs.record import KEY, message

_NUMBERS: Mapping[str, str] = {"float32_tensor": "<f4", "float64_tensor": "<f8"}
_INTEGER = "int32_tensor"
_SHORT = 128
"""Integers from 0 to below this take one byte, which is their value."""
_FULL = -1.1
"""None of its bytes is 0, in float32 and in float64."""


@dataclass(frozen=True)
class Shape:
    """What a record holds: `count` features in one kind of tensor and, where `label` names another, one label."""

    features: str
    count: int
    label: str


@dataclass(frozen=True)
class Template:
    """The frame of a shape: `fixed` says which bytes belong to no number; the numbers begin at `start` and `at`."""

    shape: Shape
    frame: NDArray[np.uint8]
    fixed: NDArray[np.bool_]
    start: int
    at: int

    def numbers(self, data: bytes | memoryview) -> tuple[NDArray[Any], NDArray[Any] | None] | None:
        """(rows, count) features and (rows,) labels of whole frames; None where one of them is of another shape."""
        rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, len(self.frame))
        if not (rows[:, self.fixed] == self.frame[self.fixed]).all():
            return None
        features = self._part(rows, self.start, self.shape.features, self.shape.count)
        if not self.shape.label:
            return features, None
        if self.shape.label in _NUMBERS:
            return features, self._part(rows, self.at, self.shape.label, 1)[:, 0]
        labels = rows[:, self.at]
        return None if (labels >= _SHORT).any() else (features, labels)

    @staticmethod
    def _part(rows: NDArray[np.uint8], start: int, kind: str, count: int) -> NDArray[Any]:
        number = np.dtype(_NUMBERS[kind])
        # A copy, of a single row too: a view of it would lie at an odd address, which native libraries refuse.
        return rows[:, start : start + count * number.itemsize].copy().view(number)


def shape_of(record: Any) -> Shape | None:  # a protobuf message
    """The shape of a record; None where this road cannot read its like."""
    features = _dense(record.features)
    label = _dense(record.label) if record.label else ("", 1)
    if features is None or label is None or features[0] not in _NUMBERS or label[1] != 1:
        return None
    return Shape(*features, label[0])


def _dense(values: Any) -> tuple[str, int] | None:
    """(kind, numbers in it) of a map that holds one dense tensor, under the key of all."""
    kind = values[KEY].WhichOneof("value") if list(values) == [KEY] else None
    if kind not in (*_NUMBERS, _INTEGER):
        return None
    tensor = getattr(values[KEY], kind)
    return None if tensor.keys or tensor.shape or not tensor.values else (kind, len(tensor.values))


@lru_cache(maxsize=16)
def template(shape: Shape) -> Template:
    """The frame that protobuf writes for a shape. Where its numbers lie shows in frames that differ in them alone."""
    frame = _frame(shape, 0, 0)
    features = np.flatnonzero(frame != _frame(shape, _FULL, 0))
    label = np.flatnonzero(frame != _frame(shape, 0, 1 if shape.label == _INTEGER else _FULL))
    fixed = np.ones(len(frame), dtype=bool)
    fixed[features] = fixed[label] = False
    return Template(shape, frame, fixed, int(features[0]), int(label[0]) if len(label) else 0)


def _frame(shape: Shape, feature: float, label: float) -> NDArray[np.uint8]:
    record = message()()
    getattr(record.features[KEY], shape.features).values.extend([feature] * shape.count)
    if shape.label:
        getattr(record.label[KEY], shape.label).values.append(label)
    return np.frombuffer(recordio.frame(record.SerializeToString()), dtype=np.uint8)
