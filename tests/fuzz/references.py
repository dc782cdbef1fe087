"""What others read in a body that a codec accepted: the numbers must be the same ones."""

from __future__ import annotations

import io
import json
import re

import numpy as np

from contract.codecs import columns, csv, csv_strict, jsonlines, npy, recordio_protobuf, text
from contract.codecs import json as json_codec
from contract.dataset import Dataset, Floats, Layout, Sparse
from contract.errors import UserError
from tests.fuzz import datasets


def check_csv(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """The strict road accepts the same bodies, and reads the same; numpy reads the same in what is accepted."""
    data = text.start(body, "body").rstrip(b"\r\n") if body[:2] not in (b"\xff\xfe", b"\xfe\xff") else b""
    first = data.split(b"\n", 1)[0].removesuffix(b"\r").strip(b" ")
    delimiter = next((mark for mark in csv.DELIMITERS if mark in first), b",")
    count = columns.expected(layout) or len(re.sub(rb" +", b" ", first).split(delimiter))
    try:
        grid = csv_strict.parse(data, count, delimiter, layout, "body", 1)
        expected = columns.split(grid, layout, "body", 1) if count > columns.leading(layout) else None
    except UserError:
        expected = None
    assert (dataset is None) == (expected is None), "the roads differ in whether they accept it"
    if dataset is not None and expected is not None:
        datasets.same(dataset, expected)
        np.testing.assert_array_equal(grid, _numpy(data, delimiter))


def _numpy(data: bytes, delimiter: bytes) -> Floats:
    """The rows as numpy.loadtxt reads them, which knows neither empty cells nor runs of blanks between two."""
    rows = []
    for line in data.replace(b"\r\n", b"\n").split(b"\n"):
        row = re.sub(rb" +", b" ", line.strip(b" ")) if delimiter == b" " else line
        rows.append(b",".join(cell.strip(b" \t") or b"nan" for cell in row.split(delimiter)))
    grid = np.loadtxt(io.BytesIO(b"\n".join(rows)), delimiter=",", ndmin=2, comments=None)
    return grid.astype(np.float32).reshape(len(rows), -1)


def check_json(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """Written anew by Python's own parser, an accepted body still says the same."""
    if dataset is not None:
        again = json.dumps(json.loads(body.removeprefix(text.BOM))).encode()
        datasets.same(dataset, json_codec.decode(again, layout, {}, "body"))


def check_jsonlines(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """The same, line by line."""
    if dataset is not None:
        lines = body.removeprefix(text.BOM).rstrip(b"\r\n").split(b"\n")
        again = "\n".join(json.dumps(json.loads(line)) for line in lines).encode()
        datasets.same(dataset, jsonlines.decode(again, layout, {}, "body"))


def check_recordio(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """Written anew, what was read is read again."""
    if dataset is not None:
        again = recordio_protobuf.decode(recordio_protobuf.encode(dataset), layout, {}, "body")
        datasets.same(dataset, again)


def check_npy(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """numpy reads the same."""
    if dataset is not None:
        found = np.load(io.BytesIO(body), allow_pickle=False)
        with np.errstate(over="ignore", invalid="ignore"):
            grid = np.atleast_2d(found).astype(np.float32)
        datasets.same(dataset, columns.split(grid, layout, "body", 1))
        again = npy.decode(npy.encode(grid), layout, {}, "body")
        datasets.same(dataset, again)


def check_libsvm(body: bytes, layout: Layout, dataset: Dataset | None) -> None:
    """A line a row, `index:value` pairs as Python reads them."""
    if dataset is None:
        return
    assert isinstance(dataset.features, Sparse)
    found = []
    for line in body.removeprefix(text.BOM).split(b"\n"):
        for token in line.partition(b"#")[0].split()[1:] if layout.label else line.partition(b"#")[0].split():
            index, colon, value = token.partition(b":")
            if colon and index != b"qid" and value.lower() != b"nan":
                found.append((int(index), float(value)))
    assert [index for index, _ in found] == dataset.features.columns.tolist()
    values = np.array([value for _, value in found], dtype=np.float64).astype(np.float32)
    np.testing.assert_array_equal(values, dataset.features.values)
