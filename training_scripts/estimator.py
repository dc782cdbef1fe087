"""What training halves built on scikit-learn share: a channel as a table, and an estimator as a file.

The file is skops's, never a pickle, and the same bytes for the same estimator.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats, Sparse
from contract.files import write_atomically
from training_scripts.channels import ChannelData

FILE = "model.skops"
_STATE = "schema.json"


def load(channel: ChannelData, width: int | None = None) -> tuple[NDArray[np.float64], Floats]:
    """All rows of a channel: features (rows, width), NaN where missing and 0 where a sparse row names none; labels.

    `width` is that of the training channel: rows of a sparse format may all end earlier. The channel's layout has a
    label. Raises as `ChannelData.load` does.
    """
    data = channel.load()
    features = data.features.dense(width) if isinstance(data.features, Sparse) else data.features
    assert data.labels is not None
    return features.astype(np.float64), data.labels


def save(estimator: object, directory: Path) -> None:
    """Write model.skops. Raises PlatformError on a full disk, skops's own error for what it cannot keep."""
    write_atomically(directory / FILE, dumps(estimator))


def dumps(estimator: object) -> bytes:
    """The file's bytes. skops names objects by where they lie in memory, and dates files: both are put in order."""
    import skops.io  # all of scikit-learn comes with it: seconds that only a fit need pay

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        state = json.loads(archive.read(_STATE))
        numbers: dict[int, int] = {}
        names: dict[str, str] = {}
        for node in _nodes(state):
            if isinstance(node.get("__id__"), int):
                node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
            if isinstance(old := node.get("file"), str):
                node["file"] = names.setdefault(old, f"{len(names)}{Path(old).suffix}")
        members = {new: archive.read(old) for old, new in names.items()}
    members[_STATE] = json.dumps(state).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return written.getvalue()


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the outer one first."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _nodes(part)
