"""Zip archives that come as models: read in memory, member by member, each within a bound; nothing is extracted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from contract.errors import show
from serving import model

START = b"PK\3\4"
"""What an archive begins with."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
"""What zipfile raises for archives that are none, or are damaged, encrypted or of a version that it does not know."""


def read(data: bytes, wanted: Mapping[str, int], file: str) -> dict[str, bytes]:
    """The members that are wanted and there, each of at most so many bytes unpacked; all others are left alone.

    Raises UserError naming `file` for what is no sound archive, and for a member that is there twice or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if member.filename in wanted]
            names = [member.filename for member in members]
            if twice := sorted(name for name in set(names) if names.count(name) > 1):
                raise model.bad(f"{file!r} holds {twice[0]} twice")
            return {one.filename: _content(archive, one, wanted[one.filename], file) for one in members}
    except _BROKEN as error:
        raise model.bad(f"{file!r} is no sound zip archive: {show(str(error))}") from error


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, file: str) -> bytes:
    if member.compress_type not in _METHODS:
        raise model.bad(f"{file!r}: {member.filename} is packed by a method other than deflate")
    with archive.open(member) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise model.bad(f"{file!r}: {member.filename} unpacks to more than {most} bytes")
    if len(content) != member.file_size:
        raise model.bad(
            f"{file!r}: {member.filename} unpacks to {len(content)} bytes, not {member.file_size} as it says"
        )
    return content
