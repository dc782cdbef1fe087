"""The model artifact of SageMaker's own images of the built-in algorithms: one file, without a model.json."""

from __future__ import annotations

from pathlib import Path

from contract import artifact
from contract.errors import show
from serving import model

FILE = "model_algo-1"


def read(directory: Path, start: bytes, what: str) -> bytes:
    """The content of the file, which is not verified; the log says so.

    Raises UserError where it is missing, or does not begin as `what`, with `start`.
    """
    path = artifact.bare_file(directory, FILE)
    model.warn_unverified()
    with path.open("rb") as stream:
        begin = stream.read(len(start))  # first: a file that is no model may be long
        if begin != start:
            raise model.bad(f"{FILE!r} begins with {show(begin)}; expected {what}, as SageMaker's own image writes it")
        stream.seek(0)
        return stream.read()
