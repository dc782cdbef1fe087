"""Durable files: a reader sees the old content or the whole new one, never a half, whatever stops the writer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, TypeAlias

from contract.errors import PlatformError

Content: TypeAlias = bytes | Callable[[BinaryIO], object]

TEMPORARY_SUFFIX = ".tmp"
"""An unfinished `NAME` is called `.NAME.tmp`: readers ignore dotfiles, and the next write of NAME replaces it."""


def write_atomically(path: Path, content: Content) -> None:
    """Write `content` (bytes, or a function that writes to the open file) to `path` and have it on disk on return.

    Raises PlatformError naming the path and the bytes written where the disk is full or refuses; no stump stays.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")
    try:
        _write(temporary, content)
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        written = _remove(temporary)
        raise PlatformError(_explain(path, written, error)) from error
    except BaseException:
        _remove(temporary)
        raise


def sha256(stream: BufferedReader) -> str:
    """The hex digest of what is left of `stream`, read in blocks."""
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(path: Path, content: Content) -> None:
    # O_NOFOLLOW: a link planted under the temporary name must not send our bytes elsewhere. 0o666 less the umask: the
    # server that reads a model may run as another user than the job that wrote it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        if isinstance(content, bytes):
            stream.write(content)
        else:
            content(stream)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_directory(directory: Path) -> None:
    """The name is durable only when its directory is."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain(path: Path, written: int, error: OSError) -> str:
    return f"cannot write {path}: {error.strerror or error} after {written} bytes; {_free(path.parent)} are free there"


def _free(directory: Path) -> str:
    try:
        volume = os.statvfs(directory)
    except OSError:
        return "none"
    return f"{volume.f_bavail * volume.f_frsize} bytes"


def _remove(stump: Path) -> int:
    """The size it had, 0 where there was none or the file system refuses."""
    try:
        size = stump.lstat().st_size
        stump.unlink()
    except OSError:
        return 0
    return size
