"""The corpus's requests, found and read in one place. Standard library only: it also runs inside images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent
CONTENT_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": "text/libsvm",
    "npy": "application/x-npy",
    "parquet": "application/x-parquet",
    "recordio": "application/x-recordio-protobuf",
}
"""The folders of request bodies, and what each body is sent as."""
BODIES = tuple(CONTENT_TYPES)
WIRE = tuple(f"http/{group}" for group in ("framing", "size", "types", "routes", "injection"))
"""The folders of raw bytes for a connection."""
SEMANTICS = "semantics"
FEATURES = 3
"""Of the model that answers."""


@dataclass(frozen=True)
class Case:
    """One file. Its name starts with the status of the answer."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(CORPUS))

    @property
    def folder(self) -> str:
        return str(self.path.parent.relative_to(CORPUS))

    @property
    def status(self) -> int:
        return int(self.path.name.partition("-")[0])

    @property
    def content(self) -> bytes:
        content = self.path.read_bytes()
        return unfold(json.loads(content)) if self.path.suffix == ".repeat" else content

    @property
    def expected(self) -> str:
        """The text of the file's .expected, or nothing where there is none."""
        beside = self.path.with_name(self.path.name.removesuffix(".repeat") + ".expected")
        return beside.read_text().strip() if beside.exists() else ""


def unfold(parts: str | Sequence[tuple[str, int]]) -> bytes:
    """`[text, times]` each, joined; or one text. Every character is one byte (latin-1)."""
    if isinstance(parts, str):
        return parts.encode("latin-1")
    return b"".join(text.encode("latin-1") * times for text, times in parts)


def find(*folders: str) -> list[Case]:
    """The cases of these folders, by name."""
    paths = (path for folder in folders for path in sorted((CORPUS / folder).iterdir()))
    return [Case(path) for path in paths if path.suffix != ".expected"]


def served(*, missing_allowed: bool = True) -> list[Case]:
    """What an endpoint is asked, whose model takes missing values or does not; parquet is for training files only."""
    found = find(*(folder for folder in BODIES if folder != "parquet"), *WIRE, SEMANTICS)
    return [case for case in found if _takes_missing(case) == missing_allowed]


def _takes_missing(case: Case) -> bool:
    return case.folder != SEMANTICS or bool(json.loads(case.content).get("missing_allowed", True))
