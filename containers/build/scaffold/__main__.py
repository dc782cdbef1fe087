"""`python -m containers.build.scaffold NAME`: a new algorithm that trains, serves and passes its tests as it is."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from containers.build import images, lock, progress
from containers.build.scaffold import names, project, template
from contract.errors import PlatformError, UserError, show

ROOT = images.ROOT
PROJECT = "pyproject.toml"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scaffold", description=__doc__)
    parser.add_argument("name", metavar="NAME")
    try:
        name = names.check(parser.parse_args().name)
        create(name)
    except (UserError, PlatformError) as error:
        return progress.fail(error, error.exit_code)
    for line in report(name):
        progress.say(line)
    return 0


def create(name: str) -> None:
    """Write everything that is of the algorithm, or nothing.

    Raises UserError where a file of it is there already, PlatformError where its dependencies cannot be locked.
    """
    before = (ROOT / PROJECT).read_text()
    after, files = project.with_extra(before, name), template.files(name)
    for path in (*files, Path("training_scripts") / names.module(name), Path("serving") / names.module(name)):
        if (ROOT / path).exists():
            raise UserError(f"{show(str(path))} is there already, and nothing is overwritten; choose another name")
    try:
        _write(files)
        (ROOT / PROJECT).write_text(after)
        lock.lock(name)
        _describe(name)
    except BaseException as error:  # Ctrl-C too
        (ROOT / PROJECT).write_text(before)
        _remove([*files, lock.path(name).relative_to(ROOT)])
        if isinstance(error, OSError):
            raise PlatformError(f"the files of {name} cannot be written: {error}") from error
        raise


def report(name: str) -> tuple[str, ...]:
    """What was made, and what comes next."""
    module = names.module(name)
    return (
        f"made containers/{name}, training_scripts/{module}.py, serving/{module}.py, their tests, "
        f"and the extra {name!r} in {PROJECT}",
        f"next: put your estimator and its hyperparameters into training_scripts/{module}.py",
        f"then: make test/training_scripts/{module} test/serving/{module}, and make check/{name}",
    )


def _write(files: Mapping[Path, str]) -> None:
    for path, content in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        with (ROOT / path).open("x") as stream:
            stream.write(content)


def _remove(files: list[Path]) -> None:
    """Delete files that are there, then the folders that they leave empty."""
    for path in files:
        (ROOT / path).unlink(missing_ok=True)
    folders = {folder for path in files for folder in path.parents if folder != Path()}
    for folder in sorted(folders, reverse=True):
        if (ROOT / folder).is_dir() and not any((ROOT / folder).iterdir()):
            (ROOT / folder).rmdir()


def _describe(name: str) -> None:
    """Put the tables into the image's README."""
    command = [sys.executable, "-m", "training_scripts.describe", "--write", f"containers/{name}/README.md"]
    environment = {**os.environ, "SAGEMAKER_ALGORITHM": names.module(name)}
    progress.run(f"describing {name}", command, environment=environment, folder=ROOT, unsaid_seconds=5.0)


if __name__ == "__main__":
    sys.exit(main())
