"""Answers in recordio-protobuf: all Records of one form, of which protobuf writes the first and numpy the rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.codecs import recordio_protobuf

_FLOAT_BYTES = 4
_FILLED = float(np.frombuffer(b"\1" * _FLOAT_BYTES, "<f4")[0])
"""Differs from 0 in every byte."""


def write(columns: Mapping[str, NDArray[Any]], rows: int) -> bytes:
    """A Record for each of `rows` rows, with a label of float32 values for each column: (rows,) or (rows, ...)."""
    values = {name: column.reshape(rows, -1).astype("<f4", order="C") for name, column in columns.items()}
    frame, places = _template(tuple((name, one.shape[1]) for name, one in values.items()))
    frames = np.tile(frame, (rows, 1))
    for one, place in zip(values.values(), places, strict=True):
        frames[:, place : place + _FLOAT_BYTES * one.shape[1]] = one.view(np.uint8)
    return frames.tobytes()


@lru_cache(maxsize=64)
def _template(form: tuple[tuple[str, int], ...]) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    """The frame of a row of zeros, and where the values of each label begin in it."""
    frame = _frame(form)
    return frame, tuple(int(np.flatnonzero(frame != _frame(form, name))[0]) for name, _ in form)


def _frame(form: tuple[tuple[str, int], ...], filled: str = "") -> NDArray[np.uint8]:
    row = {name: [_FILLED if name == filled else 0.0] * count for name, count in form}
    return np.frombuffer(recordio_protobuf.write([row]), np.uint8)
