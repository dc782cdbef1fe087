"""Model directories of the corpus, made by the steps that they are written as: git keeps no FIFO, no hole, no mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract import artifact, manifest
from contract.errors import UserError
from tests.corpus.cases import CORPUS

MODELS = CORPUS / "models"
FILE = "xgboost-model"
REFUSED_BY_CONTRACT, REFUSED_BY_LIBRARY, SERVED = "directories", "libraries", "served"
CODE_RAN = "model code was run"
"""What the code in these directories prints where it is run."""
NOBODY = 65534
"""A user who owns none of them."""


@dataclass(frozen=True)
class Recipe:
    """A JSON file: steps to take on a copy of a good model, each the name of one of STEPS and its arguments."""

    path: Path
    good: Path = MODELS / "good"
    file: str = FILE
    """The model file of `good` that plays the part of XGBoost's."""

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def expected(self) -> str:
        """What the one line says, the directory being /opt/ml/model; of one that the library refuses, its beginning."""
        text = self.path.with_suffix(".expected").read_text().strip()
        if any(step[0] == "copy" and step[2] == artifact.MANIFEST_NAME for step in self._steps):
            return text
        before, now = (MODELS / "good" / FILE).stat().st_size, (self.good / self.file).stat().st_size
        sizes = {str(before): str(now)}
        for name, *arguments in self._steps:
            if name == "cut":
                sizes[str(int(before * arguments[1]))] = str(int(now * arguments[1]))
        return re.sub(r"\b\d+\b", lambda number: sizes.get(number[0], number[0]), text.replace(FILE, self.file))

    @property
    def of_another_user(self) -> bool:
        """Whether it is bad only where a file belongs to another user than the one who reads it."""
        return self.path.stem.startswith("unreadable")

    @property
    def fits_any_model(self) -> bool:
        """Whether the steps make a bad one of any algorithm's model; others put a whole model.json of XGBoost's in
        place, or none, so that the names of its files decide."""
        bare = ["remove", artifact.MANIFEST_NAME] in self._steps
        replaced = any(name in ("fifo", "folder") and rest == [artifact.MANIFEST_NAME] for name, *rest in self._steps)
        return (not bare or replaced) and not any(
            step[0] == "copy" and _is_sound_manifest(MODELS / step[1]) for step in self._steps
        )

    @property
    def _steps(self) -> list[list[Any]]:
        return list(json.loads(self.path.read_bytes()))

    def make(self, directory: Path) -> Path:
        """Make it, `directory` being absent so far; files that it links to come to lie beside."""
        shutil.copytree(self.good, directory)
        for name, *arguments in self._steps:
            named = (part.replace(FILE, self.file) if isinstance(part, str) else part for part in arguments)
            STEPS[name](directory, *named)
        return directory


def _is_sound_manifest(path: Path) -> bool:
    try:
        manifest.decode(path.read_bytes())
    except UserError:
        return False
    return True


def find(*folders: str) -> list[Recipe]:
    return [Recipe(path) for folder in folders for path in sorted((MODELS / folder).glob("*.json"))]


def one_of_each_kind() -> list[Recipe]:
    """Of those that make a bad model of any algorithm's the first of each kind: what is said differs by more than names
    and sizes."""
    fitting = [recipe for recipe in find(REFUSED_BY_CONTRACT) if recipe.fits_any_model]
    return list({re.sub(r"'[^']*'|\d+", "", recipe.expected): recipe for recipe in reversed(fitting)}.values())


def faults(log: str, recipe: Recipe) -> str:
    """What is wrong with what `serve` printed of a bad model; nothing where it is one line that says why.

    Warnings, of a missing model.json or of the surroundings, may come before it.
    """
    lines = [line for line in log.splitlines() if '"level":"warning"' not in line]
    if len(lines) != 1:
        return f"not one line but {lines}"
    wanted = f"serve: {recipe.expected}"
    exact = recipe.path.parent.name != REFUSED_BY_LIBRARY
    return "" if lines[0] == wanted or (lines[0].startswith(wanted) and not exact) else f"{lines[0]!r}, not {wanted!r}"


def _remove(model: Path, name: str = ".") -> None:
    if (model / name).is_dir():
        shutil.rmtree(model / name)
    else:
        (model / name).unlink()


def _write(model: Path, name: str, text: str) -> None:
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text(text)


def _copy(model: Path, source: str, name: str) -> None:
    """A file of the corpus's models."""
    shutil.copyfile(MODELS / source, model / name)


def _resize(model: Path, name: str, size: int) -> None:
    """Cut it short, or lengthen it by a hole."""
    os.truncate(model / name, size)


def _cut(model: Path, name: str, share: float) -> None:
    _resize(model, name, int((model / name).stat().st_size * share))


def _flip(model: Path, name: str, share: float) -> None:
    """One bit, so far into the file."""
    content = bytearray((model / name).read_bytes())
    content[int((len(content) - 1) * share)] ^= 1
    (model / name).write_bytes(content)


def _zip(model: Path, name: str, member: str, text: str, times: int) -> None:
    with zipfile.ZipFile(model / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text * times)


def _vouch(model: Path) -> None:
    """Let model.json list the files as they are now."""
    artifact.write(model, manifest.decode((model / artifact.MANIFEST_NAME).read_bytes()))


STEPS: Mapping[str, Callable[..., object]] = {
    "remove": _remove,
    "write": _write,
    "copy": _copy,
    "move": lambda model, name, to: (model / name).rename(model / to),
    "link": lambda model, name, to: (model / name).symlink_to(to),
    "fifo": lambda model, name: os.mkfifo(model / name),
    "folder": lambda model, name: (model / name).mkdir(),
    "mode": lambda model, name, octal: (model / name).chmod(int(octal, 8)),
    "resize": _resize,
    "cut": _cut,
    "flip": _flip,
    "zip": _zip,
    "vouch": _vouch,
}
