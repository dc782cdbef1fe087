"""The file system of an image, read without running anything of it."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

HEAD_BYTES = 256
MOST_LINKS = 40


@dataclass(frozen=True)
class Entry:
    """`kind` is file, directory, link or other; `head` is the start of a file that may be executed, else empty."""

    kind: str
    mode: int = 0o644
    target: str = ""
    head: bytes = b""

    @property
    def executable(self) -> bool:
        return self.kind == "file" and bool(self.mode & 0o111)


@dataclass(frozen=True)
class Tree:
    """Entries by absolute path: `/usr/bin/env`."""

    entries: Mapping[str, Entry]

    @classmethod
    def read(cls, chunks: Iterable[bytes], words: frozenset[str] = frozenset()) -> Tree:
        """From the tar archive that `docker export` streams. Files named as one of `words` keep their head, too."""
        entries = {}
        with tarfile.open(fileobj=io.BufferedReader(_Chunks(iter(chunks)), 1 << 20), mode="r|") as archive:
            for member in archive:
                path = "/" + member.name.strip("/")
                wanted = member.isreg() and (member.mode & 0o111 or posixpath.basename(path) in words)
                file = archive.extractfile(member) if wanted else None
                entries[path] = _entry(member, file.read(HEAD_BYTES) if file else b"")
                # What was read is not needed again; a large image has very many.
                archive.members = []  # type: ignore[attr-defined] # the documented way to keep a stream's memory small
        return cls(entries)

    def resolve(self, path: str) -> str | None:
        """The path behind all links; None where nothing is there."""
        for _ in range(MOST_LINKS):
            link = next((parent for parent in _parents(path) if self._kind(parent) == "link"), None)
            if link is None:
                return path if path in self.entries or path == "/" else None
            target = posixpath.join(posixpath.dirname(link), self.entries[link].target)
            path = posixpath.normpath(target + path[len(link) :])
        return None

    def which(self, program: str, search: str, directory: str = "/") -> str | None:
        """Where `program` is, whether executable or not: a path from `directory` on, or a name on the PATH `search`."""
        if "/" in program:
            return self.resolve(posixpath.normpath(posixpath.join(directory, program)))
        places = [self.resolve(posixpath.join(place, program)) for place in search.split(":") if place]
        found = [place for place in places if place and self._kind(place) == "file"]
        return next((place for place in found if self.entries[place].executable), found[0] if found else None)

    def below(self, folder: str) -> list[str]:
        """The files and links below a folder, sorted."""
        return sorted(
            path
            for path, entry in self.entries.items()
            if path.startswith(folder.rstrip("/") + "/") and entry.kind != "directory"
        )

    def _kind(self, path: str) -> str:
        entry = self.entries.get(path)
        return entry.kind if entry else ""


def _parents(path: str) -> Iterator[str]:
    """`/a`, `/a/b`, `/a/b/c` of `/a/b/c`."""
    parts = path.strip("/").split("/")
    for count in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:count])


def _entry(member: tarfile.TarInfo, head: bytes) -> Entry:
    if member.issym():
        return Entry("link", member.mode, member.linkname)
    if member.islnk():
        # Another name of a file that came before: read through as a link is.
        return Entry("link", member.mode, "/" + member.linkname.strip("/"))
    kind = "file" if member.isreg() else "directory" if member.isdir() else "other"
    return Entry(kind, member.mode, "", head)


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # narrower than typeshed's Buffer
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
