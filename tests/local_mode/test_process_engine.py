from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode.engine import Container, Mount
from local_mode.process_engine import ProcessEngine


def test_program_runs_with_a_private_opt_ml_and_no_secrets(
    tmp_path: Path, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / "ml").mkdir()
    environment = engine._environment(Container("fake", ("train",), "h", tmp_path / "ml"), "my-fake", Path("/p"), 80)
    assert environment["SAGEMAKER_BASE_DIR"] == str(tmp_path / "ml")
    assert environment["SAGEMAKER_ALGORITHM"] == "my_fake"
    assert (environment["SAGEMAKER_BIND_ADDRESS"], environment["SAGEMAKER_BIND_TO_PORT"]) == ("127.0.0.1", "80")
    assert "AWS_SECRET_ACCESS_KEY" not in environment


def test_mounts_appear_below_the_folder(tmp_path: Path, engine: ProcessEngine) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "ml" / "input" / "data" / "train").mkdir(parents=True)
    running = engine.start(
        Container("fake", ("hyperparameters",), "h", tmp_path / "ml", (Mount(tmp_path / "data", "input/data/train"),))
    )
    assert "MetricDefinitions" in "".join(running.lines())
    assert running.wait() == 0
    assert (tmp_path / "ml" / "input" / "data" / "train").resolve() == tmp_path / "data"


def test_killed_program_ends_as_in_a_container(tmp_path: Path, engine: ProcessEngine) -> None:
    running = engine.start(Container("fake", ("serve",), "h", tmp_path, port=0))
    assert running.address.startswith("http://127.0.0.1:")
    assert running.poll() is None
    running.kill()
    assert running.wait() == 137


def test_programs_started_together_leave_none_where_one_does_not_start(tmp_path: Path, engine: ProcessEngine) -> None:
    serving = Container("fake", ("serve",), "h", tmp_path, port=0)
    with pytest.raises(UserError, match="no folder under containers/"):
        engine.start_together([serving, Container("other:1", ("serve",), "h", tmp_path, port=0)])
    assert [process.poll() for process in engine._running] == [137]
    addresses = {running.address for running in engine.start_together([serving, serving])}
    assert len(addresses) == 2


@pytest.mark.parametrize(
    ("image", "command", "said"),
    [
        ("fake", "bash", "'bash' is no program of an image here: known are train, serve, hyperparameters, schema"),
        ("other:1", "train", "image 'other:1' has no folder under containers/"),
    ],
)
def test_what_only_containers_can_do_is_refused(
    image: str, command: str, said: str, tmp_path: Path, engine: ProcessEngine
) -> None:
    with pytest.raises(UserError, match=said):
        engine.start(Container(image, (command,), "h", tmp_path))
