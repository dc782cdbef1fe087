"""Lock dependencies with hashes: `python -m containers.build.lock [xgboost | base | tests]...`, without a name all.

An image's lock comes from the extra of its name, base's from the dependency group; the lock of tests/ holds the extras
of all images and `host`. Locks name no address, so that each machine's own settings say where files come from.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from containers.build import images, progress
from contract.errors import PlatformError, UserError, show

HOST = "tests"


def path(name: str, root: Path = images.ROOT) -> Path:
    """The lock file of an image, or of `tests`."""
    return (root / HOST if name == HOST else images.folder(name, root)) / "requirements.txt"


def selection(name: str, root: Path = images.ROOT) -> list[str]:
    """What of pyproject a lock holds, as uv's options. Raises UserError for a name that has no lock."""
    if name == HOST:
        return ["pyproject.toml", *_extras(*images.names(root)[1:], "host")]
    if name == images.BASE:
        return ["--group", f"pyproject.toml:{images.BASE}"]
    if name in images.names(root):
        return ["pyproject.toml", *_extras(name)]
    raise UserError(f"{show(name)} has no lock; there are {', '.join((*images.names(root), HOST))}")


def lock(name: str, *, upgrade: bool = True) -> Path:
    """Write a lock anew, with the newest versions that pyproject allows."""
    target = path(name)
    uv: list[str | Path] = [
        Path(sys.executable).parent / "uv",
        "pip",
        "compile",
        *selection(name),
        "--output-file",
        target,
    ]
    options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--custom-compile-command", f"make lock/{name}", *(["--upgrade"] if upgrade else [])]
    progress.run(f"locking {target.relative_to(images.ROOT)}", [*uv, *options], folder=images.ROOT)
    return target


def _extras(*names: str) -> list[str]:
    return [word for name in names for word in ("--extra", name)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    try:
        for name in parser.parse_args().names or (*images.names(), HOST):
            lock(name)
    except (UserError, PlatformError) as error:
        return progress.fail(error, error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
