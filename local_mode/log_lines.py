"""Bytes as a container prints them -> lines as a log shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST = 256 * 1024
"""Bytes after which a line is cut in two, as CloudWatch Logs does: one endless line must not fill the memory."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]")


def split(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of a stream whose chunks end anywhere. Bytes that are not UTF-8 come out as U+FFFD."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
        while len(rest) > LONGEST:
            yield rest[:LONGEST].decode("utf-8", "replace")
            rest = rest[LONGEST:]
    if rest:
        yield rest.decode("utf-8", "replace")


def as_in_cloudwatch(line: str) -> str:
    """The line that metric regexes are matched against: what does not print stands as # and three octal digits."""
    return _UNPRINTED.sub(_octal, line)


def as_in_terminal(line: str) -> str:
    """The same, with tabs left as they are: a log cannot move the cursor or set colours."""
    return _CONTROL.sub(_octal, line)


def _octal(match: re.Match[str]) -> str:
    return f"#{ord(match.group()):03o}"
