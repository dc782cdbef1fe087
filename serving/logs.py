"""Log lines: one JSON object a line, on stderr. What a client sent stands inside JSON strings, so it forges nothing."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

_LEVELS = {"critical", "error", "warning", "info", "debug"}


class JsonFormatter(logging.Formatter):
    """time, level, logger, message and, where there is an exception, its trace."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return dump(entry | getattr(record, "fields", {}))


def dump(entry: Mapping[str, object]) -> str:
    return orjson.dumps(entry, default=repr).decode()


def level(environ: Mapping[str, str] = os.environ) -> int:
    """SAGEMAKER_CONTAINER_LOG_LEVEL: a number as SageMaker gives it (20 is info) or a name; info for anything else."""
    text = environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL", "").strip().lower()
    if text in _LEVELS:
        return int(getattr(logging, text.upper()))
    return int(text) if text.isascii() and text.isdigit() else logging.INFO


def start() -> None:
    """Send every logger's lines to stderr as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level(), force=True)
