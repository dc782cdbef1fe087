"""A channel of a training job: what data, in which form, and which of its files a host gets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from contract.errors import UserError, show

NAME = re.compile(r"[A-Za-z0-9.\-_]{1,64}")
CHOICES = {
    "input_mode": ("File", "FastFile", "Pipe"),
    "distribution": ("FullyReplicated", "ShardedByS3Key"),
    "record_wrapper": ("None", "RecordIO"),
    "compression": ("None", "Gzip"),
}
OPTIONS = {
    "content_type": "content_type",
    "mode": "input_mode",
    "distribution": "distribution",
    "wrapper": "record_wrapper",
    "compression": "compression",
}
# A content type has semicolons of its own: text/csv;label_size=1
_NEXT_OPTION = re.compile(rf";(?=(?:{'|'.join(OPTIONS)})=)")


@dataclass(frozen=True)
class Channel:
    """`path` is a file or a folder of this machine; the other fields are CreateTrainingJob's, in its words."""

    name: str
    path: Path
    content_type: str | None = None
    input_mode: str = "File"
    distribution: str = "FullyReplicated"
    record_wrapper: str = "None"
    compression: str = "None"

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise UserError(
                f"channel {show(self.name)} is no name: accepted are 1 to 64 letters, digits, '.', '-', '_'"
            )
        for field, accepted in CHOICES.items():
            if getattr(self, field) not in accepted:
                raise UserError(
                    f"{field} {show(getattr(self, field))} is unknown: accepted are {', '.join(accepted)}",
                    where=f"channel {self.name}",
                )
        for field in ("compression", "record_wrapper"):
            if getattr(self, field) != "None" and not self.piped:
                raise UserError(f"{field} is for input mode Pipe only", where=f"channel {self.name}")
        if not self.path.exists():
            raise UserError(f"{show(str(self.path))} does not exist", where=f"channel {self.name}")

    @classmethod
    def parse(cls, text: str) -> Channel:
        """`train=PATH;content_type=text/csv;mode=Pipe;distribution=ShardedByS3Key`, all but PATH optional."""
        name, equals, rest = text.partition("=")
        path, *options = _NEXT_OPTION.split(rest)
        if not equals or not path:
            raise UserError(f"channel {show(text)} is not NAME=PATH, nor NAME=PATH;mode=Pipe and the like")
        given = {OPTIONS[key]: value for key, _, value in (option.partition("=") for option in options)}
        return cls(name, Path(path), **given)

    @property
    def piped(self) -> bool:
        return self.input_mode == "Pipe"

    @property
    def whole(self) -> bool:
        """Whether every host sees the folder as it is."""
        return self.path.is_dir() and self.distribution == "FullyReplicated"

    @property
    def root(self) -> Path:
        """What the keys are relative to."""
        return self.path if self.path.is_dir() else self.path.parent

    def keys(self, rank: int = 0, hosts: int = 1) -> tuple[str, ...]:
        """The files of the host with this rank, sorted, relative to `root`."""
        keys = _files(self.path) if self.path.is_dir() else [self.path.name]
        return tuple(keys[rank::hosts] if self.distribution == "ShardedByS3Key" else keys)


def _files(folder: Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118 - Path's walk came with Python 3.12
        for parent, _, names in os.walk(folder)
        for name in names
    )
