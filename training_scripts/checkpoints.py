"""Checkpoints that a killed job resumes from.

A checkpoint is one file, `<prefix>.<step>`, put in place by one rename. Its first line says what follows:

    sagemaker-checkpoint 1 <fingerprint of the job> <sha256 of the data>\\n<data>

so a file cut short never opens, and the line and the data can never belong to different jobs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contract.errors import PlatformError, UserError, show
from contract.files import TEMPORARY_SUFFIX, write_atomically
from training_scripts import storage
from training_scripts.logs import LOG

T = TypeVar("T")
KEPT = 5
MAGIC = "sagemaker-checkpoint 1"


def fingerprint(hyperparameters: Mapping[str, object]) -> str:
    """A short name for a job's hyperparameters: the same for equal ones, whatever their order."""
    text = "\n".join(f"{name}={value!r}" for name, value in sorted(hyperparameters.items()))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


@dataclass(frozen=True)
class Store:
    """The checkpoints of one job in `directory`. `fingerprint` tells this job's hyperparameters from another's."""

    directory: Path
    prefix: str
    fingerprint: str

    def prepare(self) -> None:
        """Make the directory, prove that it can be written, and drop what a killed job left unfinished.

        Raises PlatformError where it cannot be written.
        """
        storage.prepare(self.directory)
        for stump in self.directory.glob(f".{self.prefix}.*{TEMPORARY_SUFFIX}"):
            stump.unlink(missing_ok=True)

    def save(self, step: int, data: bytes) -> None:
        """Write the checkpoint of `step` and drop all but the last five. Raises PlatformError on a full disk."""
        digest = hashlib.sha256(data).hexdigest()
        header = f"{MAGIC} {self.fingerprint} {digest}\n".encode()
        write_atomically(self._path(step), lambda stream: stream.writelines((header, data)))
        for old in self._steps()[KEPT:]:
            self._path(old).unlink(missing_ok=True)

    def newest(self, opens: Callable[[bytes], T]) -> tuple[int, T] | None:
        """The newest checkpoint that `opens` accepts, as (step, what it made of the data); None where there is none.

        One that is cut short, or at which `opens` raises, is skipped with a warning. Raises UserError where the
        newest whole one was written under other hyperparameters, and PlatformError where one cannot be read, or
        `opens` raises it: an older one would fare no better.
        """
        for step in self._steps():
            path = self._path(step)
            data = self._data(path)
            if data is None:
                LOG.warning("Checkpoint %s is damaged: skipped", path)
                continue
            try:
                opened = opens(data)
            except PlatformError:
                raise
            except Exception as error:  # whatever a library raises, an older checkpoint is better
                LOG.warning("Checkpoint %s is skipped: %s", path, error)
            else:
                LOG.info("Checkpoint loaded from %s", path)
                return step, opened
        return None

    def _path(self, step: int) -> Path:
        return self.directory / f"{self.prefix}.{step}"

    def _data(self, path: Path) -> bytes | None:
        """A checkpoint's data; None where the file is not whole."""
        try:
            header, _, data = path.read_bytes().partition(b"\n")
        except OSError as error:
            raise PlatformError(f"checkpoint {path} cannot be read: {error.strerror}") from error
        magic, _, ids = header.decode("ascii", "replace").partition(MAGIC + " ")
        job, _, digest = ids.partition(" ")
        if magic or digest != hashlib.sha256(data).hexdigest():
            return None
        if job != self.fingerprint:
            raise UserError(
                f"checkpoint {show(path.name)} was written by a job with other hyperparameters; give the same ones, "
                "or point CheckpointConfig at an empty S3 prefix",
                where=str(self.directory),
            )
        return data

    def _steps(self) -> list[int]:
        """Steps that have a checkpoint, newest first. SageMaker's own marker files have more behind the number."""
        tails = [path.name.removeprefix(self.prefix + ".") for path in self.directory.glob(f"{self.prefix}.*")]
        return sorted((int(tail) for tail in tails if tail.isascii() and tail.isdigit()), reverse=True)
