from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from contract.errors import AlgorithmError, PlatformError
from local_mode.demo import cli
from local_mode.demo.show import Show
from local_mode.demo.stage import Stage
from local_mode.invocation import ModelError


def demo(outcome: bool | BaseException) -> cli.Demo:
    def run(stage: Stage) -> bool:
        (stage.folder / "made").touch()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return SimpleNamespace(TITLE="A test", IMAGES=("fake",), run=run)  # type: ignore[return-value] # as a module has them


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_missed_reference_is_exit_code_1(good: bool, code: int, tmp_path: Path, show: Show) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "stale.csv").touch()
    assert cli.run(demo(good), show, "process", tmp_path / "demo") == code
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["made"]
    assert "A test" in show.console.export_text()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AlgorithmError("no model"), 2),
        (PlatformError("no disk"), 3),
        (ModelError(400, "bad row"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_end_it_with_a_sentence(
    error: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "FOLDER", tmp_path)
    monkeypatch.setattr(cli, "find", lambda name: demo(error))
    assert cli.main(["claims", "--engine", "process"]) == code
    assert (str(error) or "stopped; everything is removed") in capsys.readouterr().out


def test_an_unusable_engine_is_a_user_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "FOLDER", tmp_path)
    monkeypatch.setenv("ENGINE", "podman")
    assert cli.main([]) == 1


def test_every_sample_has_a_demo_that_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.NAMES == ["claims", "insurance", "letters", "salary"]
    needed = []
    for name in cli.NAMES:
        assert cli.main([name, "--images"]) == 0
        needed.append(capsys.readouterr().out)
    assert needed == ["xgboost\n", "linear-learner\n", "pca xgboost\n", "linear-learner\n"]
