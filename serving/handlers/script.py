"""Where a model's script is, and how it becomes a module."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from contract.errors import UserError, show
from contract.paths import DEFAULT_BASE, Paths
from serving.handlers import failures
from serving.settings import Settings

log = logging.getLogger("serving")

FOLDER, PROGRAM = "code", "inference.py"
_REQUIREMENTS = "requirements.txt"
_SHOWN = 3


@dataclass(frozen=True)
class Script:
    path: Path
    directory: Path
    """Where its neighbours lie."""

    def load(self) -> ModuleType:
        """The module, under the script's own name: what was saved as `inference.Model` is found again.

        Raises UserError of one line naming file and line where it cannot be imported.
        """
        name = self.path.stem
        if name in sys.modules and not isinstance(sys.modules[name].__loader__, _Loader):
            raise UserError(
                f"{show(self.path.name)} has the name of a library's module; rename the script", where="model"
            )
        loader = _Loader(name, str(self.path))
        module = module_from_spec(spec_from_loader(name, loader))  # type: ignore[arg-type]  # a file's loader has one
        sys.modules[name] = module
        if str(self.directory) not in sys.path:
            sys.path.insert(0, str(self.directory))
        with failures.reported(self.directory, f"{self.path.name} cannot be imported"):
            loader.exec_module(module)
        return module


class _Loader(SourceFileLoader):
    """Tells the modules of scripts from all others."""


def find(model: Path, settings: Settings) -> Script | None:
    """The script of the model directory `model`; None where it has none, or where scripts are not run.

    Raises UserError where the script that the environment names, or one in code/, is not there.
    """
    if not settings.user_code:
        if _exists(model / FOLDER):
            log.warning("%s/ in the model is left alone: this image runs no code of models", FOLDER)
        return None
    directory = _named(settings.submit_directory) if settings.submit_directory else model / FOLDER
    if not (settings.program or settings.submit_directory or _exists(directory)):
        return None
    program = settings.program or PROGRAM
    path = directory / (program if program.endswith(".py") else f"{program}.py")
    if not path.resolve().is_relative_to(directory.resolve()):
        raise UserError(f"environment variable SAGEMAKER_PROGRAM: {show(program)} lies outside {directory}")
    if not path.is_file():
        there = sorted(found.name for found in directory.glob("*.py"))[:_SHOWN] if directory.is_dir() else []
        holds = f"; {', '.join(map(show, there))}: rename it, or set SAGEMAKER_PROGRAM" if there else ""
        raise UserError(f"there is no script {show(path.name)} in {path.parent}{holds}", where="model")
    if (directory / _REQUIREMENTS).exists():
        log.warning(
            "%s of the script is left alone: nothing is installed; an image brings its libraries", _REQUIREMENTS
        )
    return Script(path, path.parent)


def _exists(directory: Path) -> bool:
    """What lies in a model directory that may not be read is its verification's to say."""
    try:
        return directory.exists()
    except PermissionError:
        return False


def _named(text: str) -> Path:
    """The directory that the environment names. SAGEMAKER_BASE_DIR replaces /opt/ml here, too."""
    base, path = Paths.of_environment().base, Path(text)
    if path.is_relative_to(DEFAULT_BASE):
        path = base / path.relative_to(DEFAULT_BASE)
    if "://" in text or not path.resolve().is_relative_to(base.resolve()):
        raise UserError(
            f"environment variable SAGEMAKER_SUBMIT_DIRECTORY: {show(text)} is not accepted (a folder under {base}; "
            f"nothing is downloaded: put the script into the model, under {FOLDER}/)"
        )
    return path
