"""What a training job leaves: model.tar.gz, output.tar.gz, the text of its failure."""

from __future__ import annotations

import contextlib
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

from contract.errors import UserError, show
from contract.limits import FAILURE_CHARACTERS


def merge(folders: Sequence[Path], target: Path) -> list[str]:
    """Move everything to `target`. Of two files with one name the first folder's stays; those names are returned."""
    folders[0].rename(target)
    lost = []
    for folder in folders[1:]:
        for parent, names, files in os.walk(folder):
            place = target / Path(parent).relative_to(folder)
            for name in [*files, *(name for name in names if (Path(parent) / name).is_symlink())]:
                if os.path.lexists(place / name) or not _has_room(place, target):
                    lost.append(str((place / name).relative_to(target)))
                    continue
                place.mkdir(parents=True, exist_ok=True)
                (Path(parent) / name).rename(place / name)
    return sorted(lost)


def pack(folder: Path, archive: Path) -> Path | None:
    """`archive` (.tar.gz) with the content of `folder`; None, and no archive, where the folder is empty."""
    if not any(folder.iterdir()):
        return None
    unfinished = archive.with_name(archive.name + ".partial")
    with tarfile.open(unfinished, "w:gz", compresslevel=6) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name, filter=_member)
    unfinished.rename(archive)
    return archive


def unpack(archive: Path, target: Path) -> None:
    """The model's files, never outside `target`. Raises UserError for what is no tar.gz, or would leave the folder."""
    try:
        with tarfile.open(archive, "r:*") as tar:
            # `data`: no absolute names, no way out by .. or links, no devices, no setuid.
            tar.extractall(target, filter="data")
    except (tarfile.ReadError, EOFError) as error:
        raise UserError(f"{show(archive.name)} cannot be extracted: it is no tar.gz, or cut short") from error
    except (tarfile.TarError, OSError) as error:
        raise UserError(f"{show(archive.name)} cannot be extracted: {error}") from error


def failure_text(output: Path) -> str:
    """The first 1,024 characters of the failure file; nothing where there is none."""
    with contextlib.suppress(OSError):
        # The container wrote it: it must not lead us to read a file of this machine.
        descriptor = os.open(output / "failure", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            return file.read(4 * FAILURE_CHARACTERS).decode("utf-8", "replace")[:FAILURE_CHARACTERS].strip()
    return ""


def _has_room(place: Path, target: Path) -> bool:
    """Whether `place` is or can become a folder inside `target`: no file or link of the first folder stands there."""
    while place != target:
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return False
        place = place.parent
    return True


def _member(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """No sockets, FIFOs or devices; and nobody's name on what remains."""
    if not (info.isfile() or info.isdir() or info.issym() or info.islnk()):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
