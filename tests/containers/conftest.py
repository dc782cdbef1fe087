"""Stand-ins for the programs of a machine: small scripts on a PATH that holds nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from containers.build import builder

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """`program("docker", "exit 1")` puts a shell script on the PATH; each further one goes into a folder after it."""
    folders: list[str] = []

    def put(name: str, script: str) -> Path:
        folder = tmp_path / f"bin{len(folders)}"
        folder.mkdir()
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        folders.append(str(folder))
        monkeypatch.setenv("PATH", ":".join(folders))
        return path

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(builder, "USUAL", "/nowhere/docker")
    builder.find.cache_clear()
    return put
