"""What output_fn does where a script has none: numbers, lists and objects as JSON, JSON Lines, csv or npy."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import orjson

from contract import media_type
from contract.codecs import npy
from contract.errors import UserError, show
from serving import answers

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def choose(accept: str, default: str) -> str:
    """The media type to answer in. Raises UserError (not_acceptable) where none is accepted."""
    offered = tuple(dict.fromkeys((default, *WRITERS)))
    name = media_type.best(accept, offered)
    if name is None:
        raise UserError(
            f"none of the media types in {show(accept)} can be answered; accept one of {', '.join(WRITERS)}",
            where="header Accept",
            code="not_acceptable",
        )
    return name


def encode(prediction: Any, name: str) -> bytes:
    """`prediction` in the media type `name`, one of WRITERS. Raises TypeError or ValueError for what it cannot hold."""
    return WRITERS[name](prediction)


def json(value: Any) -> bytes:
    """What has no number in JSON (NaN, infinity) is null."""
    return orjson.dumps(value, default=_listed, option=_OPTIONS)


def _listed(value: Any) -> Any:
    """Arrays that do not lie in one piece, and the columns of a data frame."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not written as JSON")


def _jsonlines(value: Any) -> bytes:
    several = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)
    rows = value if several else [value]
    return b"".join(json(row) + b"\n" for row in rows)


def _csv(value: Any) -> bytes:
    """A line a row: of each value, or of each list of values."""
    table = np.asarray(value)
    if table.ndim > 2 or isinstance(value, Mapping):
        raise ValueError(f"{type(value).__name__} of {table.ndim} dimensions is no table")
    if not table.size:
        return b""
    table = np.atleast_1d(table)
    if table.dtype.char in "fdil" and table.dtype.isnative:
        return answers.encode(answers.Table({"prediction": table}, len(table)), "text/csv")
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(table.reshape(len(table), -1).tolist())
    return stream.getvalue().encode()


def _npy(value: Any) -> bytes:
    return npy.encode(np.asarray(value))


WRITERS: Mapping[str, Callable[[Any], bytes]] = {
    "application/json": json,
    "application/jsonlines": _jsonlines,
    "text/csv": _csv,
    "application/x-npy": _npy,
}
