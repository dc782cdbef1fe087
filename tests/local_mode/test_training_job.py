from __future__ import annotations

import json
import os
import signal
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode import training_job
from local_mode.channel import Channel
from local_mode.observer import Observer
from local_mode.process_engine import ProcessEngine
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

Train = Callable[..., Result]


class WhenWaiting(Observer):
    """Acts once the program says that it waits."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    def line(self, host: str, text: str) -> None:
        if text == "waiting":
            self.act()


def content(archive: Path | None) -> dict[str, str]:
    assert archive is not None
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar if member.isfile()}  # type: ignore[union-attr] # is a file


def statuses(result: Result) -> list[str]:
    return [transition.status for transition in result.transitions]


def test_completed_job_leaves_model_output_and_metrics(train: Train) -> None:
    result = train("complete")
    assert statuses(result) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert (result.status, result.failure_reason) == ("Completed", "")
    assert result.history == {"train:rmse": [1.0, 0.5, 0.3333]}
    assert result.metrics == {"train:rmse": 0.3333}
    assert content(result.model) == {"model": "a model"}
    assert content(result.output) == {"report.html": "<p>a report"}
    assert result.report is not None
    assert result.report.read_text() == "<p>a report"
    assert sorted(path.name for path in result.folder.iterdir()) == ["output"]


def test_failure_file_becomes_the_failure_reason(train: Train) -> None:
    result = train("fail")
    assert statuses(result)[-2:] == ["Uploading", "Failed"]
    text, _, code = result.failure_reason.removeprefix("AlgorithmError: ").rpartition(", ")
    assert text.startswith("the value is wrong: xxx")
    assert len(text) == 1024
    assert code == "exit code: 1"
    assert result.model is None


def test_crash_without_a_failure_file_is_named(train: Train) -> None:
    assert train("unknown").failure_reason == "AlgorithmError: the container left no failure text, exit code: 1"


def test_max_runtime_stops_and_keeps_the_model(train: Train) -> None:
    result = train("wait", max_runtime=1.0)
    assert statuses(result)[-3:] == ["Stopping", "Uploading", "MaxRuntimeExceeded"]
    assert result.status == "Stopped"
    assert content(result.model) == {"model": "the model so far"}


def test_program_that_ignores_sigterm_is_killed(train: Train) -> None:
    started = time.monotonic()
    result = train("stubborn", max_runtime=1.0, stop_seconds=0.5)
    assert result.status == "Stopped"
    assert result.model is None
    assert 1.5 <= time.monotonic() - started < 10


def test_an_image_that_waits_when_asked_what_it_takes_trains_all_the_same(
    tmp_path: Path, engine: ProcessEngine, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_job, "DESCRIBE_SECONDS", 0.5)
    describe = tmp_path / "project" / "training_scripts" / "describe.py"
    describe.unlink()
    describe.write_text("import time\n\ntime.sleep(100)\n")
    result = train("complete")
    assert (result.status, result.history) == ("Completed", {})


def test_stop_from_another_thread(tmp_path: Path, engine: ProcessEngine) -> None:
    job = TrainingJob(Request("fake", (), {"behaviour": "wait"}), output=tmp_path, engine=engine)
    job._observer = WhenWaiting(lambda: threading.Thread(target=job.stop).start())
    result = job.run()
    assert (result.status, result.secondary_status) == ("Stopped", "Stopped")


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_signal_stops_cleans_up_and_is_not_swallowed(
    tmp_path: Path, engine: ProcessEngine, number: int, raised: type[BaseException]
) -> None:
    observer = WhenWaiting(lambda: os.kill(os.getpid(), number))
    job = TrainingJob(Request("fake", (), {"behaviour": "wait"}), output=tmp_path, engine=engine, observer=observer)
    with pytest.raises(raised):
        job.run()
    assert content(job.folder / "output" / "model.tar.gz") == {"model": "the model so far"}


def test_second_signal_kills_at_once(tmp_path: Path, engine: ProcessEngine) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    request = Request("fake", (), {"behaviour": "stubborn"})
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        TrainingJob(request, output=tmp_path, engine=engine, observer=WhenWaiting(twice)).run()
    assert time.monotonic() - started < 10


def test_program_sees_the_whole_contract(tmp_path: Path, train: Train) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "a.csv").write_text("1")
    result = train("look", Channel("train", tmp_path / "data", "text/csv"), environment={"MINE": "1"})
    seen = json.loads(content(result.model)["seen-algo-1.json"])
    assert seen["environment"]["TRAINING_JOB_NAME"] == result.name
    assert seen["environment"]["TRAINING_JOB_ARN"].endswith(f":training-job/{result.name}")
    assert {"AWS_REGION", "MINE"} <= seen["environment"].keys()
    assert not [name for name in seen["environment"] if "SECRET" in name or "TOKEN" in name]
    assert seen["config"]["hyperparameters"] == {"behaviour": "look"}


def test_pipe_channel_is_fed_epoch_after_epoch(tmp_path: Path, train: Train) -> None:
    (tmp_path / "b.csv").write_text("3,4\n")
    (tmp_path / "a.csv").write_text("1,2\n")
    for name in ("a.csv", "b.csv"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / name).rename(tmp_path / "data" / name)
    result = train("pipe", Channel("train", tmp_path / "data", input_mode="Pipe"))
    assert content(result.model) == {"train-0": "1,2\n3,4\n", "train-1": "1,2", "train-2": "1,2\n3,4\n"}


def test_unreadable_pipe_data_fails_the_job(tmp_path: Path, train: Train) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.gz").write_text("no gzip")
    result = train("pipe", Channel("train", tmp_path / "data", input_mode="Pipe", compression="Gzip"))
    assert result.status == "Failed"
    assert result.failure_reason.startswith("ClientError: Data download failed: channel train: ")


def test_checkpoints_are_kept_for_the_next_job(tmp_path: Path, train: Train) -> None:
    for run in ("1", "2"):
        result = train("resume", checkpoints=tmp_path / "kept")
        assert content(result.model) == {"count": run}
    assert (tmp_path / "kept" / "count").read_text() == "2"


def test_name_of_an_older_job_is_refused(train: Train) -> None:
    train("complete", name="once")
    with pytest.raises(UserError, match="job 'once' exists already"):
        train("complete", name="once")


def test_several_hosts_need_another_engine(tmp_path: Path, train: Train) -> None:
    with pytest.raises(UserError, match=r"2 hosts were asked for.*Docker"):
        train("complete", hosts=2)
    assert not list((tmp_path / "jobs").iterdir())
