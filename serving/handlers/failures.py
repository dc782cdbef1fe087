"""What goes wrong in a script: while it is loaded it is one line, in a request an error like any other."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import AlgorithmError, UserError, show

log = logging.getLogger("serving")


@contextmanager
def reported(directory: Path, what: str) -> Iterator[None]:
    """Raise what the block's code raises as UserError naming the line in `directory`; the trace goes to the log."""
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        log.exception(what)
        reason = f"SyntaxError({error.msg!r})" if isinstance(error, SyntaxError) else show(error)
        raise UserError(f"{what}: {reason}", where=f"model, {_place(error, directory)}", code="bad_model") from error


@contextmanager
def contained(name: str) -> Iterator[None]:
    """Raise AlgorithmError for what would end the thread, or this process, without an answer: SystemExit, and such."""
    try:
        yield
    except (Exception, GeneratorExit):
        raise
    except BaseException as error:
        raise AlgorithmError(f"{name} raised {type(error).__name__}") from error


def _place(error: BaseException, directory: Path) -> str:
    """The innermost line of the script or its neighbours."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    ours = [(Path(name), line) for name, line in frames if Path(name).is_relative_to(directory)]
    if not ours:
        return directory.name
    path, line = ours[-1]
    return f"{path.relative_to(directory.parent)}, line {line}"
