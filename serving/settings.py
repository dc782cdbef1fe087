"""What the environment asks of `serve`. Source: the container contract of SageMaker hosting and batch transform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from contract import limits, resources
from contract.errors import UserError, show

MEBIBYTE = 1024 * 1024
UNBOUNDED = sys.maxsize
"""A limit that no body reaches."""
_LARGEST_WHOLE = 25 * MEBIBYTE
"""The most that SageMaker's real-time endpoints send."""
_STRATEGIES = ("MULTI_RECORD", "SINGLE_RECORD")
_PORTS = 65535
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"", "false", "0", "no", "off"}


@dataclass(frozen=True)
class Settings:
    """One value a knob; sizes in bytes, times in seconds."""

    port: int = limits.PORT
    address: str = "0.0.0.0"  # noqa: S104 - SageMaker calls from outside the container
    """Of the interface to listen on; local mode without a container names the loopback."""
    workers: int = 1
    threads: int = 1
    """Threads of the native library in each worker; workers x threads never exceeds the CPUs unless workers do."""
    payload_bytes: int = limits.PAYLOAD_BYTES
    whole_bytes: int = limits.PAYLOAD_BYTES
    """Bodies up to this size are read into memory; larger ones, within `payload_bytes`, go through a file in blocks."""
    accept: str = ""
    """What an absent Accept means; none: what it means to the algorithm (serving.manners)."""
    batch: bool = False
    strategy: str = _STRATEGIES[0]
    """How batch transform fills a body: with one record or with as many as it may hold."""
    outputs: tuple[str, ...] = ()
    """Keys of the selectable answer, in order; none: the plain answer."""
    ensemble: bool = True
    multi_model: bool = False
    """Models are loaded and unloaded by requests: see serving/models."""
    seconds: float = limits.INVOCATION_SECONDS
    """The longest that one invocation, or one block of rows of a large one, may compute."""
    user_code: bool = False
    """Whether the image runs a script of the model's own: see serving/handlers."""
    program: str = ""
    """The script's name; none: inference.py, where the model has one."""
    script_accept: str = "application/json"
    """What an absent Accept means to the script, as sagemaker-inference has it."""
    submit_directory: str = ""
    """Where the script lies; none: code/ in the model directory."""

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises UserError naming the variable, its value and what is accepted."""
        cpus, payload_bytes = resources.cpus(), _payload_bytes(environ)
        whole_bytes = _whole_bytes(payload_bytes)
        accept = environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "").strip()
        # A worker computes one large request at a time: as many workers as their largest requests fit into the memory,
        # and no more than there are requests at once.
        room = resources.memory_bytes() // (limits.REQUEST_MEMORY_FACTOR * whole_bytes)
        transforms = _integer(environ, "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", 0) or cpus
        wanted = max(1, min(cpus, room, transforms))
        workers = _integer(environ, "SAGEMAKER_MODEL_SERVER_WORKERS", wanted, minimum=1)
        return cls(
            # SAGEMAKER_SAFE_PORT_RANGE is for ports beside this one, and there are none.
            port=_integer(environ, "SAGEMAKER_BIND_TO_PORT", limits.PORT, minimum=1, maximum=_PORTS),
            address=environ.get("SAGEMAKER_BIND_ADDRESS") or cls.address,
            workers=workers,
            threads=max(1, cpus // workers),
            payload_bytes=payload_bytes,
            whole_bytes=whole_bytes,
            accept=accept,
            batch=_boolean(environ, "SAGEMAKER_BATCH", default=False),
            strategy=_strategy(environ),
            outputs=_words(environ, "SAGEMAKER_INFERENCE_OUTPUT"),
            ensemble=_boolean(environ, "SAGEMAKER_INFERENCE_ENSEMBLE", default=True),
            multi_model=_boolean(environ, "SAGEMAKER_MULTI_MODEL", default=False),
            seconds=_seconds(environ),
            user_code=_boolean(environ, "SAGEMAKER_USER_CODE", default=False),
            script_accept=accept or cls.script_accept,
            program=environ.get("SAGEMAKER_PROGRAM", "").strip(),
            submit_directory=environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "").strip(),
        )

    @property
    def transforms(self) -> int:
        """Concurrent transforms to ask for: one a worker, within what concurrency x payload may come to."""
        return max(1, min(self.workers, limits.BATCH_PAYLOAD_MEGABYTES // (self.payload_megabytes or 1)))

    @property
    def payload_megabytes(self) -> int:
        """The payload for a batch transform job to ask for: at most what one may, 0 where there is no limit."""
        if self.payload_bytes == UNBOUNDED:
            return 0
        return min(max(1, self.payload_bytes // MEBIBYTE), limits.BATCH_PAYLOAD_MEGABYTES)


def _seconds(environ: Mapping[str, str]) -> int:
    """Both names of sagemaker-inference; the one that says its unit goes first."""
    given = _integer(environ, "SAGEMAKER_MODEL_SERVER_TIMEOUT", int(limits.INVOCATION_SECONDS), minimum=1)
    return _integer(environ, "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", given, minimum=1)


def _payload_bytes(environ: Mapping[str, str]) -> int:
    """A batch job's own limit goes before the image's; its 0 means none."""
    if environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB", "").strip():
        megabytes = _integer(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", 0, maximum=limits.BATCH_PAYLOAD_MEGABYTES)
        return megabytes * MEBIBYTE or UNBOUNDED
    return _integer(environ, "MAX_CONTENT_LENGTH", limits.PAYLOAD_BYTES, minimum=1)


def _whole_bytes(payload_bytes: int) -> int:
    """Everything that a real-time endpoint may be sent; of more, what half of the memory allows."""
    if payload_bytes <= _LARGEST_WHOLE:
        return payload_bytes
    room = resources.memory_bytes() // (2 * limits.REQUEST_MEMORY_FACTOR)
    return min(_LARGEST_WHOLE, max(limits.PAYLOAD_BYTES, room))


def _strategy(environ: Mapping[str, str]) -> str:
    text = environ.get("SAGEMAKER_BATCH_STRATEGY", "").strip()
    if text and text not in _STRATEGIES:
        raise UserError(
            f"environment variable SAGEMAKER_BATCH_STRATEGY: {show(text)} is not accepted ({' or '.join(_STRATEGIES)})"
        )
    return text or _STRATEGIES[0]


def _integer(environ: Mapping[str, str], name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    value = int(text) if text.isascii() and text.isdigit() else -1
    if value < minimum or (maximum is not None and value > maximum):
        accepted = f"{minimum} to {maximum}" if maximum is not None else f"{minimum} and up"
        raise UserError(f"environment variable {name}: {show(text)} is not accepted (integer, {accepted})")
    return value


def _words(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Words parted by commas, in lower case."""
    return tuple(word for part in environ.get(name, "").lower().split(",") if (word := part.strip()))


def _boolean(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environ.get(name)
    if text is None:
        return default
    if text.strip().lower() not in _TRUE | _FALSE:
        raise UserError(f"environment variable {name}: {show(text)} is not accepted (true or false)")
    return text.strip().lower() in _TRUE
