"""What input_fn does where a script has none: a table of numbers from the body, by the codecs of the algorithms.

sagemaker-inference reads json, csv, npy and npz; here are the other formats too, every cell is checked, and a table
has always two dimensions.
"""

from __future__ import annotations

import math

import numpy as np

from contract import codecs, media_type
from contract.codecs import Codec
from contract.dataset import Floats, Layout, Sparse
from contract.errors import UserError
from contract.media_type import MediaType
from serving.handlers import npz
from serving.invocation import Invocation
from serving.manners import REQUEST_FORMATS

_TEXT = ("application/json", "text/csv")
"""What a script gets as str, as from sagemaker-inference; everything else is bytes."""
UNKNOWN = "application/octet-stream"
"""What a body without a Content-Type is (RFC 9110, section 8.3)."""


def content_type(invocation: Invocation) -> MediaType:
    """Of the body. Raises UserError (unsupported_content_type) where the header has no name."""
    return media_type.parse(invocation.content_type or UNKNOWN)


def text(invocation: Invocation) -> str | bytes:
    """The body as a script's own function takes it. Raises UserError where text is not UTF-8."""
    if content_type(invocation).name not in _TEXT:
        return invocation.content
    try:
        return invocation.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"the byte at place {error.start} is not UTF-8", where="body") from error


def check(invocation: Invocation) -> None:
    """Raises UserError where no codec reads the content type."""
    _codec(content_type(invocation))


def decode(invocation: Invocation, layout: Layout, most: int, absent: float = math.nan) -> Floats:
    """The table (rows, columns), NaN where a cell is missing, `absent` where a sparse row does not name one.

    Raises UserError for what is none, or takes more than `most` bytes.
    """
    media = content_type(invocation)
    codec = _codec(media)
    if codec is None:
        return npz.decode(invocation.content, most)
    features = codec.decode(invocation.content, layout, media.parameters, "body").features
    return _dense(features, layout, most, absent) if isinstance(features, Sparse) else features


def _codec(media: MediaType) -> Codec | None:
    """None stands for npz, which is no format of the algorithms."""
    if media.name == npz.CONTENT_TYPE:
        return None
    try:
        return codecs.find(media, REQUEST_FORMATS)
    except UserError as error:
        message = f"{error.message}, {npz.CONTENT_TYPE}"
        raise UserError(message, where="header Content-Type", code=error.code) from error


def _dense(features: Sparse, layout: Layout, most: int, absent: float) -> Floats:
    rows, width = features.shape[0], max(features.width, layout.width or 0)
    if rows * width * features.values.itemsize > most:
        raise UserError(
            f"as a table of {rows} rows and {width} columns the body is larger than the {most} bytes accepted",
            where="body",
        )
    table = np.full((rows, width), absent, np.float32)
    table[np.repeat(np.arange(rows), np.diff(features.offsets)), features.columns] = features.values
    return table
