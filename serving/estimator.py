"""What serving halves built on scikit-learn share: loading an estimator from skops's file, and rows as it takes them.

A file may name any type to be made and any function to be called. Only the types that skops trusts of itself are, and
those that the serving half lists.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract import artifact
from contract.dataset import Dataset, Sparse
from contract.errors import UserError, show
from contract.manifest import Schema
from serving import model

FILE = "model.skops"
_LIBRARIES = ("scikit-learn", "skops")
_SHOWN = 3
_READ_ON_LOADING = {"OMP_NUM_THREADS": "1", "SKLEARN_ASSUME_FINITE": "true"}
"""Threads of OpenMP that are there before the fork would leave the workers waiting for them. Rows are finite: codecs
refuse others, and missing values where the model's schema does not allow them."""


def prepare() -> None:
    """Load scikit-learn, so that it starts no threads and does not look for NaN and infinity in rows once more."""
    with _environment(_READ_ON_LOADING):
        import skops.io  # noqa: F401  # all of scikit-learn comes with it


def set_threads(count: int) -> None:
    """Threads of this process's linear algebra."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(count, user_api="blas")


def load(directory: Path, algorithm: str, trusted: Sequence[str], method: str) -> tuple[Any, Schema]:
    """The estimator of a verified model directory, which has `method`, and the features that it takes.

    `trusted`: the types that the file may hold beside those that skops trusts. Raises UserError of one line.
    """
    libraries = {name: version(name) for name in _LIBRARIES}
    manifest = artifact.verify(directory, algorithm=algorithm, libraries=libraries)
    path = artifact.bare_file(directory, FILE)
    if manifest is None:
        model.warn_unverified()
    estimator = _load(path.read_bytes(), trusted)
    width, classes = getattr(estimator, "n_features_in_", None), getattr(estimator, "classes_", None)
    if not isinstance(width, int) or not callable(getattr(estimator, method, None)):
        raise model.bad(f"{FILE!r} holds a {type(estimator).__name__}; expected a fitted estimator with {method}")
    found = Schema(width, missing_allowed=False, classes=None if classes is None else tuple(classes.tolist()))
    schema = manifest.features if manifest else found
    if (schema.count, schema.classes) != (found.count, found.classes):
        raise model.bad(
            f"{FILE!r} takes {width} features and has the classes {show(found.classes)}; "
            f"{artifact.MANIFEST_NAME} says {schema.count} and {show(schema.classes)}"
        )
    return estimator, schema


def table(dataset: Dataset, schema: Schema) -> NDArray[np.float64]:
    """The features (rows, width), NaN where missing and 0 where a sparse row names none.

    Raises UserError for rows of another width.
    Of float64: sums that end otherwise for one row than among others are still rounded to the same float32.
    """
    features = model.features(dataset, schema)
    return (features.dense() if isinstance(features, Sparse) else features).astype(np.float64)


def _load(content: bytes, trusted: Sequence[str]) -> Any:
    prepare()
    import skops.io

    try:
        _refuse_compressed(content)
        unknown = sorted({*skops.io.get_untrusted_types(data=content)} - {*trusted})
        estimator = None if unknown else skops.io.loads(content, trusted=list(trusted))
    except UserError:
        raise
    except Exception as error:  # of a damaged file skops and the libraries below it raise whatever they come upon
        raise model.bad(f"skops cannot load {FILE!r}: {show(f'{type(error).__name__}: {error}')}") from error
    if unknown:
        raise model.bad(
            f"{FILE!r} holds types that are not trusted: {', '.join(map(show, unknown[:_SHOWN]))}; "
            "TRUSTED in the algorithm's serving half lists those that are"
        )
    return estimator


def _refuse_compressed(content: bytes) -> None:
    """What unpacks to more than itself could fill the memory; skops writes without compression."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    compressed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
    if compressed or sum(member.file_size for member in members) > len(content):
        raise model.bad(f"{FILE!r} is compressed; expected a file as skops.io.dump writes it, without compression")


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that are set for a while, but for those that are set already."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
