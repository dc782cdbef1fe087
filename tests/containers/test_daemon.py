"""Whether an engine answers is found out without a trace left: no exception, no open socket."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from containers.build import daemon
from contract.errors import PlatformError


@pytest.mark.parametrize("address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1"])
def test_nobody_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    assert daemon.connect() is None
    gc.collect()


def test_file_that_is_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker.sock").touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert daemon.connect() is None


def test_need_of_one_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(PlatformError, match="no Docker engine answers: `make engine`"):
        daemon.connected()
