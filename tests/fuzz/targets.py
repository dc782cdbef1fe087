"""What is fuzzed: each target takes any bytes and fails by whatever it raises.

Parquet is not among them. Where a damaged page claims a length, polars allocates it and ends the process (SIGABRT), and
no check of ours stands before that. No endpoint reads parquet; of a training job the first process tells what ended it.

The first byte of a codec's input chooses the layout and whether the body is decoded whole or read in small blocks;
the rest is the body.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from unittest import mock

import numpy as np

from contract import codecs, media_type
from contract.codecs import Codec, csv, gather, json, jsonlines, libsvm, npy, recordio_protobuf
from contract.dataset import Dataset, Layout
from contract.errors import UserError
from serving import errors
from serving.handlers import npz
from tests.fuzz import connections, datasets, endpoint, references

Target = Callable[[bytes], object]
Check = Callable[[bytes, Layout, "Dataset | None"], None]
WIDTH = 3
"""Features that the corpus is written for."""
LABEL, WEIGHT, ANY_WIDTH, NO_MISSING, BLOCKS, STORED = 1, 2, 4, 8, 16, 32
_BLOCK = 16
"""Bytes or records of a block, so that short bodies are cut into several."""
_LONGEST_MESSAGE = 1000
_LARGEST_MATRIX = 1 << 20
_HEADER_BYTES = 256
_OFFERED = ("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf")


@dataclass(frozen=True)
class CodecTarget:
    """Any body makes a sound Dataset or a UserError, and `check` is content with which of them."""

    codec: Codec
    check: Check = lambda body, layout, dataset: None

    def __call__(self, data: bytes) -> None:
        flags, body = (data[0] if data else 0), data[1:]
        layout = Layout(
            label=bool(flags & LABEL),
            weight=self.codec is csv and flags & (LABEL | WEIGHT) == LABEL | WEIGHT,
            width=None if flags & ANY_WIDTH else WIDTH,
            missing=not flags & NO_MISSING,
        )
        whole = attempt(lambda: self.codec.decode(body, layout, {}, "body"))
        if whole is not None:
            datasets.check(whole, layout)
        self.check(body, layout, whole)
        if flags & BLOCKS and hasattr(self.codec, "BLOCK"):
            blocks = self._read(body, layout, stored=bool(flags & STORED))
            assert whole is not None or blocks is None, "read in blocks, a body is accepted that is refused as a whole"
            if whole is not None and blocks is not None:
                datasets.same(whole, blocks)

    def _read(self, body: bytes, layout: Layout, *, stored: bool) -> Dataset | None:
        """The body as a file in many blocks: one that lies on disk, or a stream."""
        with mock.patch.object(self.codec, "BLOCK", _BLOCK), _file(body) if stored else io.BytesIO(body) as stream:
            return attempt(lambda: gather.concatenate(self.codec.read(stream, layout, {}, "body"), "body"))


def _file(content: bytes) -> BinaryIO:
    stream = os.fdopen(os.memfd_create("body"), "w+b")
    stream.write(content)
    stream.seek(0)
    return stream


def attempt(make: Callable[[], Dataset]) -> Dataset | None:
    """What is made, or None where it is refused in a sentence that can be an answer."""
    try:
        return make()
    except UserError as error:
        _check_refusal(error, "bad_input")
        return None


def _check_refusal(error: UserError, code: str) -> None:
    assert error.code == code
    assert error.where.startswith("body") or code != "bad_input"
    assert len(str(error)) < _LONGEST_MESSAGE
    errors.answer_error(error)


def parse_media_type(data: bytes) -> None:
    """A header's value, as WSGI gives it. Of a long one the beginning: each character is a turn of a loop."""
    header = data[:_HEADER_BYTES].decode("latin-1")
    assert media_type.best(header, _OFFERED) in (None, *_OFFERED)
    try:
        found = media_type.parse(header)
        assert found.name == found.name.strip().lower() != ""
        codecs.find(found)
    except UserError as error:
        _check_refusal(error, "unsupported_content_type")


def read_npz(data: bytes) -> None:
    """Models' own code gets it as a dense matrix."""
    try:
        matrix = npz.decode(data, _LARGEST_MATRIX)
        assert matrix.dtype == np.float32
        assert matrix.ndim == 2
        assert 0 < matrix.nbytes <= _LARGEST_MATRIX
        assert np.isfinite(matrix).all()
    except UserError as error:
        _check_refusal(error, "bad_input")


TARGETS: Mapping[str, Target] = {
    "csv": CodecTarget(csv, references.check_csv),
    "json": CodecTarget(json, references.check_json),
    "jsonlines": CodecTarget(jsonlines, references.check_jsonlines),
    "libsvm": CodecTarget(libsvm, references.check_libsvm),
    "npy": CodecTarget(npy, references.check_npy),
    "recordio": CodecTarget(recordio_protobuf, references.check_recordio),
    "npz": read_npz,
    "media_type": parse_media_type,
    "invocation": endpoint.invoke,
    "connection": connections.connect,
}
