"""Two hosts of a job, each a real process with a folder of its own; their names are two that resolve everywhere."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Programs

HOSTS = ("127.0.0.1", "localhost")
PROGRAM = """
import sys
from training_scripts import collective, job, watch
collective.PORT = int(sys.argv[1])
watch.PATIENCE_SECONDS = 2
job.leave(job.main())
"""
Shares = tuple[bytes, bytes]


@dataclass
class Hosts:
    """Starts both with a share of the train channel each; b"" is none. What an earlier job left in their folders
    stays there."""

    programs: Programs
    algorithm: str
    content_type: str = "text/csv"
    program: str = PROGRAM

    def base(self, host: str) -> Path:
        """The host's folder in place of /opt/ml."""
        return self.programs.base / host

    def start(self, shares: Shares, given: Mapping[str, str], **channels: bytes) -> list[subprocess.Popen[str]]:
        """The processes. `channels` are further ones, which every host has whole."""
        port = str(_free_port())
        for host, rows in zip(HOSTS, shares, strict=True):
            self._lay(host, rows, given, channels)
        return [
            self.programs.start(
                "-c",
                self.program,
                port,
                SAGEMAKER_BASE_DIR=str(self.base(host)),
                SAGEMAKER_ALGORITHM=self.algorithm,
            )
            for host in HOSTS
        ]

    def ended(self, shares: Shares, given: Mapping[str, str], **channels: bytes) -> list[tuple[int, str]]:
        """(exit code, what it printed) of each once both have ended; see `start`."""
        return [self.programs.finish(process) for process in self.start(shares, given, **channels)]

    def _lay(self, host: str, rows: bytes, given: Mapping[str, str], channels: Mapping[str, bytes]) -> None:
        config, data = self.base(host) / "input" / "config", self.base(host) / "input" / "data"
        config.mkdir(parents=True, exist_ok=True)
        for name, content in {"train": rows, **channels}.items():
            (data / name).mkdir(parents=True, exist_ok=True)
            if content:
                (data / name / f"{host}.csv").write_bytes(content)
        whole = {"ContentType": self.content_type}
        files = {
            "hyperparameters": given,
            "inputdataconfig": dict.fromkeys(channels, whole)
            | {"train": whole | {"S3DistributionType": "ShardedByS3Key"}},
            "resourceconfig": {"hosts": list(HOSTS), "current_host": host},
            "checkpointconfig": {},
        }
        for name, value in files.items():
            (config / f"{name}.json").write_text(json.dumps(value))


def _free_port() -> int:
    """A port that is free, and whose successor mostly is. Each job takes its own: the latest one's is still closing."""
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1])
