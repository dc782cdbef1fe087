"""What data looks like, to tell a user whose ContentType does not fit."""

from __future__ import annotations

import re

LONG = 1000
"""A first line that is longer, and has no end, may have been cut."""
_BINARY = {
    b"PAR1": "application/x-parquet",
    b"\x0a\x23\xd7\xce": "application/x-recordio-protobuf",
    b"\x93NUMPY": "application/x-npy",
}
_LIBSVM = re.compile(r"[^\s,:]+(:[^\s,:]+)?([ \t]+qid:\d+)?([ \t]+\d+:\S+)+\s*(#.*)?")


def looks_like(head: bytes) -> str | None:
    """The content type that the first bytes of a file speak for; None where they leave it open."""
    for magic, name in _BINARY.items():
        if head.startswith(magic):
            return name
    first = _first_line(head.decode("utf-8", "replace").lstrip("\ufeff"))
    if first.startswith(("{", "[")):
        return "application/json"
    if _LIBSVM.fullmatch(first):
        return "text/libsvm"
    return "text/csv" if "," in first else None


def _first_line(text: str) -> str:
    """The first line with something on it, without the cell that the end of the head may have cut."""
    whole, end, _ = text.lstrip().partition("\n")
    return whole.strip() if end or len(text) < LONG else whole.rpartition(" ")[0] or whole
