from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from contract.errors import UserError
from local_mode import arguments, cli
from local_mode.channel import Channel
from local_mode.invocation import Answer
from local_mode.process_engine import ProcessEngine


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch, engine: ProcessEngine) -> None:
    monkeypatch.setattr(cli, "choose", lambda choice, progress: engine)


def parsed(*argv: str) -> object:
    return arguments.request(arguments.parser().parse_args(["train", "fake", *argv]))


def test_options_become_a_request(tmp_path: Path) -> None:
    (tmp_path / "hp.json").write_text('{"a": 1, "b": "file", "c": [1, 2]}')
    request = arguments.request(
        arguments.parser().parse_args(
            [
                *("train", "fake", "--train", str(tmp_path), "--validation", ""),
                *("--channel", f"extra={tmp_path};content_type=text/libsvm", "--content-type", "text/csv"),
                *("--hyperparameters-file", str(tmp_path / "hp.json")),
                *("--hyperparameters", "b=line d='x y'", "--hyperparameter", "d=single=1", "--env", "K=V"),
                *("--hosts", "2", "--checkpoints", "", "--max-runtime", "60"),
            ]
        )
    )
    assert request.channels == (
        Channel("train", tmp_path, "text/csv"),
        Channel("extra", tmp_path, "text/libsvm"),
    )
    assert request.hyperparameters == {"a": "1", "b": "line", "c": "[1, 2]", "d": "single=1"}
    assert (request.hosts, request.checkpoints, request.max_runtime) == (2, None, 60.0)
    assert request.environment == {"K": "V"}


@pytest.mark.parametrize("argv", [["--hyperparameter", "a"], ["--hyperparameters", "'a=1"], ["--env", "=1"]])
def test_pairs_without_a_name_or_value_are_refused(argv: list[str]) -> None:
    with pytest.raises(UserError):
        parsed(*argv)


def test_train_shows_status_log_metrics_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "fake", "--hyperparameter", "behaviour=complete", "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for word in (
        "process engine: ",
        "Downloading",
        "│ [0]",
        "Completed",
        "train:rmse",
        "▁",
        "model.tar.gz",
        "report.html",
    ):
        assert word in said
    assert "\x1b" not in said


def test_failed_job_ends_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "fake", "--hyperparameter", "behaviour=fail", "--output", str(tmp_path)]) == 1
    assert "AlgorithmError: the value is wrong" in capsys.readouterr().out


def test_bad_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "fake", "--train", "/no/such"]) == 1
    assert capsys.readouterr().err == "error: channel train: '/no/such' does not exist\n"


def test_image_of_ours_wants_something_to_train_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "xgboost", "--train", "", "--hyperparameters", "num_round=1"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: there is nothing to train on: make train/xgboost TRAIN=")
    assert said.out == ""


def test_body_that_cannot_be_read_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, reason in ((tmp_path / "rows.csv", "no such file or directory"), (tmp_path, "is a directory")):
        assert cli.main(["invoke", str(path)]) == 1
        said = capsys.readouterr().err
        assert said == f"error: the body cannot be read from '{path}': {reason}; name a file (- reads standard input)\n"


def test_newest_model_of_the_image_is_served(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no model of image fake below .*: train one"):
        cli.newest_model("fake", tmp_path)
    for number, name in enumerate(("fake-2", "fake-1", "other-1")):
        archive = tmp_path / name / "output" / "model.tar.gz"
        archive.parent.mkdir(parents=True)
        archive.touch()
        os.utime(archive, (time.time() + number,) * 2)
    assert cli.newest_model("fake", tmp_path) == tmp_path / "fake-1" / "output" / "model.tar.gz"


def test_invoke_reads_a_file_and_writes_the_answer(
    tmp_path: Path, engine: ProcessEngine, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from local_mode.endpoint import Endpoint

    (tmp_path / "model").mkdir()
    (tmp_path / "body").write_text("bad row")
    with Endpoint("fake", tmp_path / "model", engine=engine) as endpoint:
        port = endpoint.url.rpartition(":")[2]
        assert cli.main(["invoke", str(tmp_path / "body"), "--endpoint", port]) == 1
        assert b"ModelError: Received client error (400)" in capsysbinary.readouterr().err
        (tmp_path / "body").write_text("1,2")
        assert cli.main(["invoke", str(tmp_path / "body"), "--endpoint", endpoint.url, "--accept", "x/y"]) == 0
    assert b'"accept": "x/y"' in capsysbinary.readouterr().out


@pytest.mark.parametrize(
    ("body", "terminal", "written"),
    [(b"{}", True, b"{}\n"), (b"1\n", True, b"1\n"), (b"{}", False, b"{}"), (b"1\n", False, b"1\n")],
)
def test_answer_ends_its_line_on_a_terminal_alone(
    body: bytes,
    terminal: bool,
    written: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(cli, "invoke", lambda *given: Answer(body, "x/y"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    (tmp_path / "body").write_text("1,2")
    assert cli.main(["invoke", str(tmp_path / "body")]) == 0
    said = capsysbinary.readouterr()
    assert (said.out, said.err) == (written, b"x/y\n" * terminal)


def served(*argv: str) -> argparse.Namespace:
    return arguments.parser().parse_args(["serve", *argv])


def test_pipeline_has_a_model_and_an_environment_for_each_image() -> None:
    given = served("pca+fake", "--model", "a.tar.gz+b", "--env", "A=all", "--env", "2:A=two", "--env", "1:B=one")
    assert arguments.models(given) == [Path("a.tar.gz"), Path("b")]
    assert arguments.environments(given) == [{"A": "all", "B": "one"}, {"A": "two"}]
    assert arguments.models(served("pca+fake")) == [None, None]
    assert arguments.models(served("fake", "--model", "a+b")) == [Path("a+b")]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--model", "a"], r"model 'a' for 'pca\+fake': expected 2, joined by \+"),
        (["--env", "3:A=1"], "'3:A': expected NAME, or a place from 1 to 2 like 1:NAME"),
        (["--env", "1:=1"], "'1:': expected NAME"),
    ],
)
def test_pipeline_with_too_little_or_too_much(argv: list[str], said: str) -> None:
    given = served("pca+fake", *argv)
    with pytest.raises(UserError, match=said):
        (arguments.models(given), arguments.environments(given))


@pytest.mark.parametrize("images", ["fake", "fake+fake"])
def test_serve_shows_where_to_ask_and_says_when_a_container_is_gone(
    images: str,
    tmp_path: Path,
    engine: ProcessEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "model").mkdir()
    model = "+".join([str(tmp_path / "model")] * len(images.split("+")))
    # What would be the wait between two looks at the health is when a container goes.
    monkeypatch.setattr(cli, "time", SimpleNamespace(sleep=lambda seconds: engine._running[-1].kill()))
    assert cli.main(["serve", images, "--model", model]) == 1
    said = capsys.readouterr()
    assert said.err == "error: the container ended by itself with exit code 137\n"
    assert "InService" in said.out
    assert "curl --data-binary" in said.out
