"""The three kinds of failure, and the exit code each one ends a program with."""

from __future__ import annotations

from typing import ClassVar

SHOWN_CHARACTERS = 80


class UserError(Exception):
    """Something the user can mend: a value, a file, a request.

    `message` is one sentence: what is wrong, the offending value, what is accepted. `where` locates it
    ("train/part-3.csv, line 17, column 4"). `code` names the kind for machines; serving maps it to an HTTP status.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", code: str = "bad_input") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where
        self.code = code


class AlgorithmError(Exception):
    """A fault of ours or of a library below us. Nothing the user gave explains it."""

    exit_code: ClassVar[int] = 2


class PlatformError(Exception):
    """The surroundings failed: a full disk, a peer that never came, a missing mount."""

    exit_code: ClassVar[int] = 3


def show(value: object) -> str:
    """`repr(value)`, cut so that one bad value cannot fill the failure reason."""
    try:
        text = repr(value)
    except RecursionError:
        return "(lists or objects nested too deeply to show)"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
