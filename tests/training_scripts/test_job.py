"""Whole training jobs of a small algorithm: real processes, real files, faults on purpose."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract import artifact

if TYPE_CHECKING:
    from conftest import TrainingJob


HYPERPARAMETERS = "input/config/hyperparameters.json"


def run(job: TrainingJob, **environment: str) -> tuple[int, str]:
    return job.programs.finish(job.programs.train(**environment))


def test_a_job_leaves_a_model_that_verifies(job: TrainingJob) -> None:
    code, printed = run(job, SAGEMAKER_IMAGE="sagemaker-fake:1.2")
    assert code == 0
    manifest = artifact.verify(job.base / "model", algorithm="fake")
    assert manifest is not None
    assert manifest.features.count == 2
    assert manifest.hyperparameters == {"rounds": "3"}
    assert (manifest.image, manifest.version) == ("sagemaker-fake:1.2", "1.2")
    assert "Hyperparameters: rounds=3\n" in printed
    assert "[2]\ttrain-state:" in printed
    assert not (job.base / "output" / "failure").exists()


def test_log_lines_carry_utc_and_no_secret(job: TrainingJob) -> None:
    job.configure(sagemaker_s3_output="s3://secret-bucket", _tuning_objective_metric="train:state")
    code, printed = run(job, TZ="Asia/Seoul", AWS_SECRET_ACCESS_KEY="hush")
    assert code == 0
    assert time.strftime("[%Y-%m-%d:", time.gmtime()) in printed
    assert "secret" not in printed
    assert "hush" not in printed


@pytest.mark.parametrize(
    ("deed", "code", "failure"),
    [
        ("algorithm", 2, "the library failed"),
        ("bug", 2, "training failed unexpectedly with KeyError: 'a bug'"),
        ("full", 3, "No space left on device: '/opt/ml/model/x'"),
        ("memory", 3, "out of memory; limit "),
        ("exit", 9, "the training process ended with exit code 9 without saying why"),
        ("kill", 137, "the training process was killed by signal 9 (SIGKILL): usually out of memory; limit "),
    ],
)
def test_every_end_has_its_exit_code_and_its_sentence(job: TrainingJob, deed: str, code: int, failure: str) -> None:
    job.configure(deed=deed, at=1)
    ended, printed = run(job)
    assert ended == code
    assert job.programs.failure.startswith(failure)
    assert "Traceback" not in job.programs.failure
    assert ("Traceback" in printed) == (deed in ("algorithm", "bug", "full", "memory"))
    assert not list((job.base / "model").iterdir())


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda job: job.configure(rounds="-3"), "hyperparameter 'rounds': '-3'"),
        (lambda job: job.configure(channels={}), "Missing required channel: train"),
        (lambda job: (job.base / HYPERPARAMETERS).write_text("{"), "hyperparameters.json is not JSON"),
        (lambda job: (job.base / HYPERPARAMETERS).unlink(), "there is no file"),
        (lambda job: job.write(data=b"1,2,3\n0,x,6\n"), "train/part-0.csv, line 2, column 2"),
    ],
)  # fmt: skip
def test_what_the_user_can_mend_ends_with_1_and_no_trace(job: TrainingJob, break_it: object, says: str) -> None:
    assert callable(break_it)
    break_it(job)
    code, printed = run(job)
    assert code == 1
    assert says in job.programs.failure
    assert says in printed
    assert "Traceback" not in printed


def test_failure_text_fits_what_sagemaker_shows(job: TrainingJob) -> None:
    job.configure(**{"x" * 250: "y" * 2000})
    assert run(job)[0] == 1
    assert len(job.programs.failure) <= 1024


def test_sigterm_before_the_job_is_ready_still_leaves_a_model(job: TrainingJob) -> None:
    job.configure(rounds=100000, pause=0.01, checkpoints=True)
    process = job.programs.train()
    job.programs.wait_until(lambda: len(job.programs.children(process.pid)) == 1)
    assert job.programs.stop(process)[0] == 0
    assert artifact.verify(job.base / "model")
    assert job.steps == [0]


def test_sigterm_after_checkpoints_saves_the_model_so_far(job: TrainingJob) -> None:
    job.configure(rounds=100000, pause=0.01, checkpoints=True)
    process = job.programs.train()
    job.programs.wait_until(lambda: len(job.steps) == 5)
    start = time.monotonic()
    code, printed = job.programs.stop(process)
    assert code == 0
    assert time.monotonic() - start < 5
    assert "Told to stop: round" in printed
    assert artifact.verify(job.base / "model")
    assert len(job.steps) == 5


def test_sigterm_during_a_checkpoints_write_lets_it_finish(job: TrainingJob) -> None:
    job.configure(rounds=100000, ballast=50_000_000, checkpoints=True)
    process = job.programs.train()
    checkpoints = job.base / "checkpoints"
    job.programs.wait_until(lambda: bool(list(checkpoints.glob(".fake-checkpoint.*.tmp"))))
    assert job.programs.stop(process)[0] == 0
    assert not list(checkpoints.glob(".*"))
    assert artifact.verify(job.base / "model")


def test_sigterm_during_the_save_lets_it_finish(job: TrainingJob) -> None:
    job.configure(rounds=1, ballast=200_000_000)
    process = job.programs.train()
    job.programs.wait_until((job.base / "model" / ".fake-model.tmp").exists)
    assert job.programs.stop(process)[0] == 0
    assert artifact.verify(job.base / "model")


def test_sigterm_again_and_again_to_the_very_end_changes_nothing(job: TrainingJob) -> None:
    process = job.programs.train()
    job.programs.wait_until(lambda: len(job.programs.children(process.pid)) == 1)
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.001)
    assert job.programs.finish(process)[0] == 0
    assert artifact.verify(job.base / "model")


def test_killed_at_any_moment_it_resumes_to_the_same_model(job: TrainingJob) -> None:
    job.configure(rounds=60, pause=0.005, checkpoints=True)
    assert run(job)[0] == 0
    unbroken = job.model
    for path in (*(job.base / "checkpoints").iterdir(), *(job.base / "model").iterdir()):
        path.unlink()
    moments = random.Random(7)
    for _ in range(6):
        process, before = job.programs.train(), job.steps

        def moved_on(process: subprocess.Popen[str] = process, before: list[int] = before) -> bool:
            return job.steps != before or process.poll() is not None

        job.programs.wait_until(moved_on)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        job.programs.finish(process)
        assert not (job.base / "model" / "model.json").exists()
    assert run(job)[0] == 0
    assert job.model == unbroken


def test_another_jobs_checkpoints_are_refused(job: TrainingJob) -> None:
    job.configure(checkpoints=True)
    assert run(job)[0] == 0
    job.configure(checkpoints=True, ballast=1)
    assert run(job)[0] == 1
    assert "was written by a job with other hyperparameters" in job.programs.failure


def test_stdout_closed_or_broken_does_not_stop_the_job(job: TrainingJob) -> None:
    closed = job.programs.train(prefix=("sh", "-c", 'exec "$@" >&- 2>&-', "sh"))
    assert job.programs.finish(closed)[0] == 0
    job.configure(rounds=50, pause=0.01)
    broken = job.programs.train()
    assert broken.stdout is not None
    broken.stdout.close()
    assert broken.wait(timeout=30) == 0
    assert artifact.verify(job.base / "model")


def test_missing_output_folder_is_made(job: TrainingJob) -> None:
    job.configure(rounds=0)
    assert not (job.base / "output").exists()
    assert run(job)[0] == 1
    assert "'rounds'" in job.programs.failure


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, job: TrainingJob) -> Iterator[Path]:
    """A file system of 1 MB under the folder that the test's parameter names."""
    folder: Path = job.base / request.param
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("small_disk", ["model", "checkpoints"], indirect=True)
def test_full_disk_ends_with_3_and_leaves_no_stump(job: TrainingJob, small_disk: Path) -> None:
    job.configure(ballast=2_000_000, checkpoints=small_disk.name == "checkpoints")
    code, _ = run(job)
    assert code == 3
    assert "No space left on device" in job.programs.failure
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("small_disk", ["output"], indirect=True)
def test_full_output_still_says_why_on_stderr(job: TrainingJob, small_disk: Path) -> None:
    (small_disk / "failure").touch()
    (small_disk / "filler").write_bytes(b"x" * 2**20)
    job.configure(rounds=0)
    code, printed = run(job)
    assert code == 1
    assert "'rounds'" in printed


@pytest.mark.parametrize("small_disk", ["model", "output", "checkpoints"], indirect=True)
def test_read_only_folder_is_found_out_before_training(job: TrainingJob, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    job.configure(checkpoints=True)
    code, printed = run(job)
    assert code == 3
    assert "cannot be" in printed
    assert "[0]\t" not in printed
