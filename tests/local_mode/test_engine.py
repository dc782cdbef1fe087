from __future__ import annotations

import pytest

from containers.build import daemon
from contract.errors import UserError
from local_mode import engine
from local_mode.process_engine import ProcessEngine


@pytest.fixture(autouse=True)
def _no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENGINE", raising=False)
    monkeypatch.setattr(daemon, "connect", lambda: None)


@pytest.mark.parametrize("choice", [None, "", "auto", "process"])
def test_without_a_daemon_it_is_the_process_engine(choice: str | None) -> None:
    chosen = engine.choose(choice)
    assert isinstance(chosen, ProcessEngine)
    assert "no read-only mounts" in chosen.differences


def test_docker_that_is_asked_for_and_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"no Docker daemon answers: .*ENGINE=process"):
        engine.choose("docker")
    monkeypatch.setenv("ENGINE", "docker")
    with pytest.raises(UserError, match="no Docker daemon answers"):
        engine.choose()


def test_unknown_engine_is_named() -> None:
    with pytest.raises(UserError, match="engine 'podman' is unknown: accepted are auto, docker, process"):
        engine.choose("podman")
