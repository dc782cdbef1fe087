"""The model directory: model.json, written last, beside native safe files; and its verification before anything loads.

model.json lists every file with its size and sha256. A directory that does not match its model.json never serves. Files
it does not list are refused too, but for dotfiles, the `code/` folder and the job's own archives: those are never read.
(Archivers and the SDK add them; the SDK's local mode mounts the very folder that it unpacked model.tar.gz in.) A
directory without model.json is a bare one, made by the stock library or AWS's container: `verify` returns None, the
algorithm takes its own file by `bare_file`, and other ordinary files beside it do no harm.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path

from contract.errors import UserError, show
from contract.files import sha256, write_atomically
from contract.manifest import MANIFEST_BYTES, MANIFEST_NAME, File, Manifest, Schema, decode, encode

__all__ = ["MANIFEST_NAME", "File", "Manifest", "Schema", "bare_file", "verify", "write"]

_CODE = "code"
_ARCHIVES = ("model.tar.gz", "output.tar.gz")
_NAMES_SHOWN = 3
_PICKLE = re.compile(rb"\x80[\x04\x05]\x95|\x80[\x02\x03][}\](cX]")


def write(directory: Path, manifest: Manifest) -> Manifest:
    """Fill `manifest.files` from what lies in `directory`, write model.json last and atomically, return the manifest.

    Raises PlatformError where the disk refuses, UserError for a file that is not a regular one.
    """
    names = [name for name in _names(directory) if name != MANIFEST_NAME]
    files = {name: _measure(directory, name) for name in sorted(names)}
    complete = manifest.with_files(files)
    write_atomically(directory / MANIFEST_NAME, encode(complete))
    return complete


def verify(
    directory: Path, *, algorithm: str | None = None, libraries: Mapping[str, str] | None = None
) -> Manifest | None:
    """The manifest of a directory that matches it; None where there is no model.json.

    `algorithm` is the one that wants to load it and `libraries` the versions at hand (name -> version): a model of
    another algorithm, or of a newer library, is refused. Raises UserError of one line that names the file.
    """
    if not directory.is_dir():
        raise _bad(f"there is no model directory {show(str(directory))}")
    names = set(_names(directory))
    if not names:
        raise _bad(
            f"the model directory {show(str(directory))} is empty; a model artifact holds at least one model file"
        )
    if not os.path.lexists(directory / MANIFEST_NAME):
        return None
    with _open(directory, MANIFEST_NAME) as stream:
        manifest = decode(stream.read(MANIFEST_BYTES + 1))
    _check_origin(manifest, algorithm, libraries or {})
    for name, expected in manifest.files.items():
        _check_file(directory, name, expected)
    if extra := sorted(names - {MANIFEST_NAME, *_ARCHIVES, *manifest.files}):
        raise _bad(f"{show(extra[0])} is not listed in {MANIFEST_NAME}; remove it, or put it under {_CODE}/")
    return manifest


def bare_file(directory: Path, name: str) -> Path:
    """The path of the model file `name` of a directory without model.json; a regular, non-empty file, no pickle.

    Raises UserError of one line otherwise.
    """
    names = sorted(_names(directory))
    if name not in names:
        there = f"; it holds {', '.join(map(show, names[:_NAMES_SHOWN]))}: rename the model file" if names else ""
        raise _bad(f"the model directory holds neither {MANIFEST_NAME} nor {show(name)}{there}")
    with _open(directory, name) as stream:
        if not os.fstat(stream.fileno()).st_size:
            raise _bad(f"{show(name)} is empty (0 bytes)")
        _refuse_pickle(name, stream)
    return directory / name


def _names(directory: Path) -> Iterator[str]:
    """What lies in `directory`, as relative names, folders walked; dotfiles and `code/` left out."""
    try:
        for folder, folders, files in os.walk(directory, onerror=_reraise):
            relative = Path(folder).relative_to(directory)
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            folders[:] = [name for name in folders if not _left_out(relative / name) and name not in links]
            yield from (str(relative / name) for name in (*files, *links) if not _left_out(relative / name))
            if not folders and not files and not links and relative != Path():
                yield f"{relative}/"
    except OSError as error:
        raise _bad(f"cannot read the model directory: {error.strerror}") from error


def _reraise(error: OSError) -> None:
    raise error


def _left_out(relative: Path) -> bool:
    return relative.name.startswith(".") or relative.parts[0] == _CODE


def _open(directory: Path, name: str) -> BufferedReader:
    """Open a regular file inside `directory`. Neither follows a link nor waits for the writer of a FIFO."""
    path = directory / name
    try:
        if not os.path.lexists(path):
            raise _bad(f"{show(name)} is missing, though {MANIFEST_NAME} lists it")
        if path.is_symlink() or path.resolve() != directory.resolve() / name:
            raise _bad(f"{show(name)} is a symbolic link; a model directory holds regular files only")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _bad(f"cannot read {show(name)}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _bad(f"{show(name)} is not a regular file; a model directory holds regular files only")
    return os.fdopen(descriptor, "rb")


def _measure(directory: Path, name: str) -> File:
    with _open(directory, name) as stream:
        return File(os.fstat(stream.fileno()).st_size, sha256(stream))


def _check_origin(manifest: Manifest, algorithm: str | None, libraries: Mapping[str, str]) -> None:
    if algorithm is not None and manifest.algorithm != algorithm:
        made_by = show(manifest.algorithm)
        raise _bad(f"the model is of algorithm {made_by}; this image serves {algorithm!r}: take the image of {made_by}")
    for name, version in libraries.items():
        made = manifest.libraries.get(name, version)
        if _release(made) > _release(version):
            raise _bad(
                f"the model was made with {name} {show(made)}, newer than this image's {version}; use a newer image"
            )


def _release(version: str) -> tuple[int, ...]:
    """Major and minor: a patch release reads the files of the next one."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", version)[:2])


def _check_file(directory: Path, name: str, expected: File) -> None:
    with _open(directory, name) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size != expected.bytes:
            raise _bad(f"{show(name)} has {size} bytes; {MANIFEST_NAME} says {expected.bytes}")
        _refuse_pickle(name, stream)
        if sha256(stream) != expected.sha256:
            raise _bad(f"the content of {show(name)} does not match its sha256 in {MANIFEST_NAME}")


def _refuse_pickle(name: str, stream: BufferedReader) -> None:
    if _PICKLE.match(stream.read(3)):
        raise _bad(f"{show(name)} is a pickle, which is never opened; save the model in its library's own format")
    stream.seek(0)


def _bad(message: str) -> UserError:
    return UserError(message, where="model", code="bad_model")
