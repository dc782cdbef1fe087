"""The corpus's requests, found and read in one place. Standard library only: it also runs inside images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.corpus.interface import XGBOOST, Interface

CORPUS = Path(__file__).parent
CSV, LIBSVM, PARQUET = "text/csv", "text/libsvm", "application/x-parquet"
CONTENT_TYPES = {
    "csv": CSV,
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": LIBSVM,
    "npy": "application/x-npy",
    "parquet": PARQUET,
    "recordio": "application/x-recordio-protobuf",
}
"""The folders of request bodies, and what each body is sent as."""
BODIES = tuple(CONTENT_TYPES)
WIRE = tuple(f"http/{group}" for group in ("framing", "size", "types", "routes", "injection"))
"""The folders of raw bytes for a connection."""
SEMANTICS = "semantics"
MOST_OF_A_HEAD = 1000
FEATURES = 3
"""Of the model that answers."""


@dataclass(frozen=True)
class Case:
    """One file. Its name starts with the status of the answer of an endpoint that takes all formats and missing values;
    `interface` is that of the one to be asked."""

    path: Path
    interface: Interface = XGBOOST

    def __str__(self) -> str:
        return str(self.path.relative_to(CORPUS))

    @property
    def folder(self) -> str:
        return str(self.path.parent.relative_to(CORPUS))

    @property
    def status(self) -> int:
        named = int(self.path.name.partition("-")[0])
        if self._is_of_another_format:
            return 415
        return 400 if named == 200 and self._lacks_a_value else named

    @property
    def content(self) -> bytes:
        content = self.path.read_bytes()
        return unfold(json.loads(content)) if self.path.suffix == ".repeat" else content

    @property
    def expected(self) -> str:
        """The text of the file's .expected, or nothing where there is none, or the status is another."""
        if self._is_of_another_format or self._lacks_a_value:
            return ""
        return self._beside.replace("@ACCEPT", self.interface.accept)

    @property
    def _beside(self) -> str:
        beside = self.path.with_name(self.path.name.removesuffix(".repeat") + ".expected")
        return beside.read_text().strip() if beside.exists() else ""

    @property
    def _is_of_another_format(self) -> bool:
        libsvm = b"\r\nContent-Type: text/libsvm\r\n" in self.content[:MOST_OF_A_HEAD]
        named = LIBSVM if libsvm else CONTENT_TYPES.get(self.folder, CSV)
        return named not in (CSV, PARQUET, *self.interface.formats)

    @property
    def _lacks_a_value(self) -> bool:
        """Whether a body says of a cell that it is missing, to a model that takes no such cells. What is only left out
        of a sparse row is not missing to such a model: it is 0."""
        if self.interface.missing_allowed or self.folder not in CONTENT_TYPES or "null" not in self._beside:
            return False
        return b"nan" in self.content if self.folder == "libsvm" else "sparse" not in self.path.name


def unfold(parts: str | Sequence[tuple[str, int]]) -> bytes:
    """`[text, times]` each, joined; or one text. Every character is one byte (latin-1)."""
    if isinstance(parts, str):
        return parts.encode("latin-1")
    return b"".join(text.encode("latin-1") * times for text, times in parts)


def find(*folders: str) -> list[Case]:
    """The cases of these folders, by name."""
    paths = (path for folder in folders for path in sorted((CORPUS / folder).iterdir()))
    return [Case(path) for path in paths if path.suffix != ".expected"]


def served(interface: Interface = XGBOOST) -> list[Case]:
    """What an endpoint of this interface is asked; parquet is for training files only."""
    found = find(*(folder for folder in BODIES if folder != "parquet"), *WIRE, SEMANTICS)
    return [Case(case.path, interface) for case in found if _is_for(case, interface)]


def _is_for(case: Case, interface: Interface) -> bool:
    if case.folder == SEMANTICS:
        allowed = interface.missing_allowed
        return bool(json.loads(case.content).get("missing_allowed", allowed)) == allowed
    return LIBSVM in interface.formats or not case.path.name.endswith("_is_libsvm.http")
