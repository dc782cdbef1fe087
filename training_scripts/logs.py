"""What a training job prints: plain lines on stdout, at UTC, never a payload's values.

`LOG` is for messages, in the form of the container that the algorithm stands in for; `line` prints a metric line
exactly as it is given, because SageMaker applies regular expressions to it.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from dataclasses import dataclass

LOG = logging.getLogger("training")


@dataclass(frozen=True)
class Form:
    """How a message looks: `line` and `time` as logging.Formatter takes them."""

    line: str
    time: str


CONTAINER = Form("[%(asctime)s:%(levelname)s] %(message)s", "%Y-%m-%d:%H:%M:%S")
"""Of AWS's own containers: `[2026-11-22:07:38:16:INFO] text`."""
BUILT_IN = Form("[%(asctime)s %(levelname)s %(thread)d] %(message)s", "%m/%d/%Y %H:%M:%S")
"""Of the built-in algorithms: `[11/22/2026 07:38:16 INFO 140177] text`."""


def configure(form: Form = CONTAINER) -> None:
    """Send LOG and the libraries' warnings to stdout. Text that its encoding lacks is escaped, never an error."""
    if sys.stdout is not None:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper
    formatter = logging.Formatter(form.line, form.time)
    formatter.converter = time.gmtime
    handler = _Lines()
    handler.setFormatter(formatter)
    LOG.handlers = [handler]
    LOG.propagate = False
    LOG.setLevel(logging.INFO)
    warnings.showwarning = _warn


def line(text: str) -> None:
    """Print one line at once. A reader that went away silences stdout for good; training goes on."""
    try:
        print(text, flush=True)  # noqa: T201 - the one place that prints
    except (OSError, ValueError):
        _silence()


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """A library's warning as one line; Python would add the library's own source line to it."""
    LOG.warning("%s", " ".join(str(message).split()))


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line(self.format(record))


def _silence() -> None:
    """Put /dev/null behind stdout, so that neither later lines nor Python's last flush can fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
