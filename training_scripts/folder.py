"""The files of a channel's folder: which count as data, and what is refused.

Source: the rules of SageMaker's XGBoost image (files `_SUCCESS` and `*.cache` of its own are no data, hidden files are
refused, sub-folders count to a depth of three).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from contract.errors import PlatformError, UserError
from training_scripts.logs import LOG

DEPTH = 3
"""Levels of sub-folders below the channel that are read."""


def files(channel: str, root: Path) -> tuple[Path, ...]:
    """Data files below `root`, empty ones left out, in the order of their names. A missing folder has none.

    Raises UserError for hidden files, dangling links, and what is neither file nor folder.
    """
    if not root.is_dir():
        if root.exists():
            raise UserError("the channel is not a folder", where=str(root))
        return ()
    found = sorted(_walk(channel, str(root), 0))
    filled = [(path, size) for path, size in found if size]
    if len(filled) < len(found):
        LOG.warning("Channel '%s': %d empty files are ignored", channel, len(found) - len(filled))
    _warn_of_duplicates(channel, filled)
    return tuple(Path(path) for path, _ in filled)


def shown(path: Path, root: Path) -> str:
    """A file's name as messages show it: `train/part-0.csv`; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path.relative_to(root.parent)).decode("utf-8", "backslashreplace")


def _walk(channel: str, folder: str, depth: int) -> Iterator[tuple[str, int]]:
    """(path, bytes) of each data file."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                _refuse_hidden(channel, entry)
                if not entry.is_dir():
                    if not _ignored(entry.name):
                        yield entry.path, _size(entry)
                elif depth < DEPTH:
                    yield from _walk(channel, entry.path, depth + 1)
                else:
                    LOG.warning("Channel '%s': folder %r is deeper than %d levels: ignored", channel, entry.path, DEPTH)
    except PermissionError as error:
        raise UserError(
            f"cannot be read: {error.strerror}; give every user the right to read it", where=folder
        ) from error
    except OSError as error:
        raise PlatformError(f"{folder} cannot be listed: {error.strerror}") from error


def _refuse_hidden(channel: str, entry: os.DirEntry[str]) -> None:
    if entry.name.startswith("."):
        raise UserError(
            f"Hidden file found in the data path! Remove that before training. (channel '{channel}': {entry.path!r})"
        )


def _ignored(name: str) -> bool:
    """Markers such as Spark's _SUCCESS, and the page files of XGBoost's external memory."""
    return name.startswith("_") or (".cache" in name and ("dtrain" in name or "dval" in name))


def _size(entry: os.DirEntry[str]) -> int:
    if entry.is_file():
        return entry.stat().st_size
    kind = "a link to nothing" if entry.is_symlink() else "neither a file nor a folder"
    raise UserError(f"is {kind}; a channel holds files", where=entry.path)


def _warn_of_duplicates(channel: str, found: list[tuple[str, int]]) -> None:
    counts = Counter((Path(path).name, size) for path, size in found)
    if repeated := [name for (name, _), count in counts.items() if count > 1]:
        LOG.warning(
            "Channel '%s': %d files have the same name and size as another one (%r): is some data there twice?",
            channel, len(repeated), repeated[0],
        )  # fmt: skip
