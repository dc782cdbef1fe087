"""The manners of an algorithm: what SageMaker's own image of it takes for granted of requests, and how it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

REQUEST_FORMATS = (
    "text/csv",
    "text/libsvm",
    "application/x-recordio-protobuf",
    "application/json",
    "application/jsonlines",
    "application/x-npy",
)
"""The canonical names of all formats that requests come in."""


@dataclass(frozen=True)
class Style:
    """How an answer in JSON is written."""

    key: str = "predictions"
    """What the list of all rows is called."""
    spaced: bool = False
    """As Python's json.dumps writes it: blanks behind colons and commas, numbers with the digits of a float64."""


@dataclass(frozen=True)
class Manners:
    """What an algorithm's serving half declares as MANNERS."""

    formats: tuple[str, ...] = REQUEST_FORMATS
    """Those of REQUEST_FORMATS that its requests come in."""
    content_type: str = ""
    """What a request without a Content-Type holds; none: such a request is refused."""
    accept: str = "application/json"
    """What an absent Accept means, unless the environment says otherwise."""
    style: Style = Style()
    absent: float = math.nan
    """What a cell is that a sparse row does not name."""
    batch_lines: bool = False
    """Whether batch transform gets one value a line, whatever it accepts."""
    selectable: bool = False
    """Whether SAGEMAKER_INFERENCE_OUTPUT chooses what its answers hold."""
    explains: bool = False
    """Whether its models give SHAP contributions."""


BUILT_IN = tuple(name for name in REQUEST_FORMATS if name != "text/libsvm")
"""What the built-in algorithms take that read recordio-protobuf; application/x-npy is an extra of ours."""
