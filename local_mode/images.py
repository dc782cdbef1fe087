"""Which image a word means: one of this project, or any reference that the engine knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from containers.build import images

ROOT = images.ROOT
PREFIX = "sagemaker-"


@dataclass(frozen=True)
class Image:
    """`reference` is what an engine runs; `folder` is where the image is described, None for one that is not ours."""

    reference: str
    folder: Path | None

    @property
    def name(self) -> str:
        """The word for it in job and endpoint names."""
        return self.folder.name if self.folder else _bare(self.reference)


def find(word: str, root: Path = ROOT) -> Image:
    """`xgboost` and `sagemaker-xgboost:0.1.0` are containers/xgboost; anything else is taken as it is."""
    name = _bare(word).removeprefix(PREFIX)
    if name not in images.names(root):
        return Image(word, None)
    return Image(images.reference(name, root) if word == name else word, images.folder(name, root))


def _bare(reference: str) -> str:
    return reference.rpartition("/")[2].partition(":")[0]
