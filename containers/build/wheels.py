"""Gather an image's locked wheels with this machine's own pip settings (indexes, find-links, proxies, CA)."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from containers.build import images, platforms, progress, requirements

STAMP = "gathered-for"


def gather(name: str, platform: str, root: Path = images.ROOT) -> Path:
    """The folder that holds the wheels of an image, and pip's own; it is filled anew only when a lock has changed.

    The wheels are those for the image's Python and platform, whatever this machine's are: pip is told both, and the
    markers are evaluated here, because pip would take them for this machine's. Raises PlatformError where one is not
    to be had.
    """
    locks = [images.folder(each, root) / "requirements.txt" for each in (images.BASE, name)]
    content = "\n".join([platform, *(path.read_text() for path in locks)])
    stamp = hashlib.sha256(content.encode()).hexdigest()
    folder = root / ".cache" / "wheels" / name
    if (folder / STAMP).is_file() and (folder / STAMP).read_text() == stamp:
        return folder
    fresh = folder.with_name(f"{name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for path in locks:
        _download(path, platform, fresh)
    (fresh / STAMP).write_text(stamp)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder


def _download(lock: Path, platform: str, folder: Path) -> None:
    chosen = requirements.wanted(requirements.read(lock), platforms.markers(platform))
    plain = folder / "requirements.txt"
    plain.write_text("".join(f"{item.line()}\n" for item in chosen))
    command = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps", "--requirement", str(plain)]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", platforms.PYTHON]
    command += ["--dest", str(folder), "--disable-pip-version-check", "--progress-bar=off"]
    for tag in platforms.tags(platform):
        command += ["--platform", tag]
    progress.run(f"gathering {len(chosen)} wheel{'s' * (len(chosen) != 1)} of {lock.parent.name}", command)
    plain.unlink()
