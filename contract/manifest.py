"""model.json: what a model is, what it was made of and with, and the files it consists of."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar

from contract.errors import UserError, show

FORMAT = 1
MANIFEST_NAME = "model.json"
MANIFEST_BYTES = 16 * 1024 * 1024
"""More is no manifest: it is refused before it is parsed."""
_SHA256 = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")


@dataclass(frozen=True)
class Schema:
    """The features a model takes. `names` where the training data named them; `classes` in the order of the scores."""

    count: int
    names: tuple[str, ...] | None = None
    missing_allowed: bool = True
    classes: tuple[float | str, ...] | None = None


@dataclass(frozen=True)
class File:
    """Size in bytes, and the hex sha256 of the content."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`hyperparameters` are the strings the user gave; `details` are the algorithm's own (objective, best round...).

    `metrics` are final values by name ("validation:rmse"); `libraries` name -> version; `created` ISO 8601, UTC.
    """

    algorithm: str
    version: str
    features: Schema
    hyperparameters: Mapping[str, str]
    metrics: Mapping[str, float]
    libraries: Mapping[str, str]
    image: str
    created: str
    details: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    format: int = FORMAT

    def with_files(self, files: Mapping[str, File]) -> Manifest:
        return dataclasses.replace(self, files=files)


def encode(manifest: Manifest) -> bytes:
    """JSON, indented for people. A metric that is not finite becomes null, since JSON has no NaN."""
    document = {"format": manifest.format} | dataclasses.asdict(manifest)
    document["metrics"] = {name: value if math.isfinite(value) else None for name, value in manifest.metrics.items()}
    return json.dumps(document, indent=1, allow_nan=False).encode() + b"\n"


def decode(text: bytes) -> Manifest:
    """The manifest in the bytes of model.json. Raises UserError naming the entry that is wrong."""
    if len(text) > MANIFEST_BYTES:
        raise _bad(f"is larger than {MANIFEST_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"is not JSON ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise _bad("is not a JSON object")
    if document.get("format") != FORMAT:
        raise _bad(f"has format {show(document.get('format'))}; this image reads format {FORMAT}")
    files = {name: _file(name, entry) for name, entry in _take(document, "files", dict).items()}
    if not files:
        raise _bad("lists no files")
    return Manifest(
        algorithm=_take(document, "algorithm", str),
        version=_take(document, "version", str),
        features=_schema(_take(document, "features", dict)),
        hyperparameters=_all(_take(document, "hyperparameters", dict), "hyperparameters", str),
        metrics=_metrics(_take(document, "metrics", dict)),
        libraries=_all(_take(document, "libraries", dict), "libraries", str),
        image=_take(document, "image", str),
        created=_take(document, "created", str),
        details=_take(document, "details", dict),
        files=files,
    )


def _schema(entry: dict[str, Any]) -> Schema:
    names, classes = entry.get("names"), entry.get("classes")
    count = _take(entry, "count", int)
    if count < 0:
        raise _bad(f"has 'count' {count}; expected 0 and up")
    if names is not None and not (isinstance(names, list) and len(names) == count and _all_of(names, str)):
        raise _bad(f"has 'names' that are not {count} texts, one for each feature")
    if classes is not None and not (isinstance(classes, list) and _all_of(classes, (str, int, float))):
        raise _bad("has 'classes' that are not a list of numbers or texts")
    return Schema(
        count=count,
        names=None if names is None else tuple(names),
        missing_allowed=_take(entry, "missing_allowed", bool),
        classes=None if classes is None else tuple(classes),
    )


def _all_of(values: list[Any], kind: type | tuple[type, ...]) -> bool:
    return all(isinstance(value, kind) for value in values)


def _metrics(entry: dict[str, Any]) -> dict[str, float]:
    numbers = {name: math.nan if value is None else value for name, value in entry.items()}
    return {name: float(value) for name, value in _all(numbers, "metrics", (int, float)).items()}


def _file(name: str, entry: object) -> File:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or str(path) != name or "\0" in name:
        raise _bad(f"lists the file {show(name)}; expected a plain relative name inside the model directory")
    if not isinstance(entry, dict):
        raise _bad(f"has no size and sha256 for the file {show(name)}")
    size, digest = _take(entry, "bytes", int), _take(entry, "sha256", str)
    if size < 0 or not _SHA256.fullmatch(digest):
        raise _bad(f"has a wrong size or sha256 for the file {show(name)}; expected 0 and up, and 64 hex digits")
    return File(size, digest)


def _take(document: dict[str, Any], key: str, kind: type[T]) -> T:
    value = document.get(key)
    if type(value) is not kind:
        raise _bad(f"has {key!r} {show(value)}; expected a JSON {_JSON_NAMES[kind]}")
    return value


def _all(entry: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> dict[str, Any]:
    for name, value in entry.items():
        if not isinstance(value, kind):
            raise _bad(f"has {show(value)} for {show(name)} in {key!r}")
    return entry


_JSON_NAMES: dict[type, str] = {str: "string", int: "integer", bool: "boolean", dict: "object"}


def _bad(problem: str) -> UserError:
    return UserError(f"{MANIFEST_NAME} {problem}", where="model", code="bad_model")
