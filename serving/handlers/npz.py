"""application/x-npz: a sparse matrix as scipy.sparse.save_npz writes it (csr, csc or coo); nothing is unpickled.

A zip archive of npy files. What the archive says of sizes is believed only as a bound, and every index is checked,
before anything is allocated for it. Source: SciPy documentation, "scipy.sparse.save_npz".
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from contract.errors import UserError, show

CONTENT_TYPE = "application/x-npz"
_MEMBERS = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Others may claim gigabytes for their dictionary."""
_MOST_MEMBERS = 8
"""Of an archive; scipy's have five. A list of 100,000 empty ones would take memory before the first is looked at."""
_ENTRY = b"PK\x01\x02"
_SOURCE = "body"
_HEADER = re.compile(
    rb"\x93NUMPY(?:\x01\x00..|[\x02\x03]\x00....)\{'descr': '(?P<type>[<>|=][biufSU][0-9]{1,3})', "
    rb"'fortran_order': (?:True|False), 'shape': \((?:(?P<count>[0-9]{1,18}),)?\),? *\} *\n",
    re.DOTALL,
)

Array = NDArray[Any]


def decode(body: bytes, most: int) -> Floats:
    """The matrix, dense (rows, columns), zero where nothing is stored.

    Raises UserError for what is none, or takes more than `most` bytes.
    """
    arrays = _arrays(body, most)
    kind = _text(arrays["format"]) if "format" in arrays else ""
    if kind not in _MEMBERS or not {"data", "shape", *_MEMBERS[kind]} <= arrays.keys():
        raise _bad(f"it holds {show(sorted(arrays))}, format {show(kind)}; expected a csr, csc or coo matrix of scipy")
    rows, columns = _shape(arrays["shape"], most)
    values = arrays["data"]
    first, second = (arrays[name] for name in _MEMBERS[kind])
    if values.ndim != 1 or values.dtype.kind not in "biuf" or not _integers(first, second):
        raise _bad("its data or its indices are not lists of numbers")
    if kind == "coo":
        row, column = first, second
    else:
        major = _spread(second, len(first), rows if kind == "csr" else columns)
        row, column = (major, first) if kind == "csr" else (first, major)
    if not len(row) == len(column) == len(values) or _outside(row, rows) or _outside(column, columns):
        raise _bad(f"its indices do not fit its shape {show((rows, columns))} and its {len(values)} values")
    matrix = np.zeros((rows, columns), np.float32)
    with np.errstate(over="ignore"):
        np.add.at(matrix, (row, column), values.astype(np.float32))
    if not np.isfinite(matrix).all():
        raise _bad("a value is not finite in float32")
    return matrix


def _arrays(body: bytes, most: int) -> dict[str, Array]:
    if body.count(_ENTRY) > _MOST_MEMBERS:
        raise _bad("its archive has more files than a matrix")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = _unpacked(archive, most)
    except UserError:
        raise
    except Exception as error:  # a damaged archive makes zipfile raise errors of a dozen kinds
        raise _bad(f"it is no archive of npy files: {show(str(error))}") from error
    return {name.removesuffix(".npy"): _array(content) for name, content in members.items()}


def _unpacked(archive: zipfile.ZipFile, most: int) -> dict[str, bytes]:
    members = archive.infolist()
    if sum(member.file_size for member in members) > most:
        raise _bad(f"unpacked it is larger than the {most} bytes accepted")
    if not {member.compress_type for member in members} <= _METHODS:
        raise _bad("a member is neither stored nor deflated")
    return {member.filename: archive.read(member) for member in members}


def _array(content: bytes) -> Array:
    """Of one dimension, or a single value. The header is matched, not parsed as Python."""
    header = _HEADER.match(content)
    try:
        kind = np.dtype(header["type"].decode()) if header else None
    except TypeError:
        kind = None
    if header is None or kind is None:
        raise _bad("a member is no npy file of one list of numbers")
    count = int(header["count"] or 1)
    if count * kind.itemsize != len(content) - header.end():
        raise _bad("a member is of another size than announced")
    array = np.frombuffer(content, kind, count, header.end())
    return array if header["count"] else array.reshape(())


def _text(array: Array) -> str:
    value = array.item() if array.ndim == 0 else ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _shape(shape: Array, most: int) -> tuple[int, int]:
    if not _integers(shape) or len(shape) != 2 or shape.min() < 1:
        raise _bad(f"its shape is {show(shape.tolist())}; expected rows and columns")
    rows, columns = map(int, shape)
    if rows * columns * np.float32().itemsize > most:
        raise _bad(f"as a table of {rows} rows and {columns} columns it is larger than the {most} bytes accepted")
    return rows, columns


def _spread(starts: Array, count: int, size: int) -> Array:
    """The row of each value in csr, or its column in csc, from where each one's values start."""
    steps = np.diff(starts)
    if len(starts) != size + 1 or starts[0] != 0 or starts[-1] != count or (steps < 0).any():
        raise _bad("its indptr does not fit its shape and its indices")
    return np.repeat(np.arange(size), steps)


def _integers(*arrays: Array) -> bool:
    return all(array.ndim == 1 and array.dtype.kind in "iu" for array in arrays)


def _outside(places: Array, size: int) -> bool:
    return bool(len(places)) and bool(places.min() < 0 or places.max() >= size)


def _bad(problem: str) -> UserError:
    return UserError(f"the npz cannot be read: {problem}", where=_SOURCE)
