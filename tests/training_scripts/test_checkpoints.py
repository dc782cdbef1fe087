from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract.errors import PlatformError, UserError
from training_scripts.checkpoints import Store, fingerprint

JOB = fingerprint({"eta": 0.3, "depth": 6})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "checkpoints", "xgboost-checkpoint", JOB)
    store.prepare()
    return store


def names(store: Store) -> set[str]:
    return {path.name for path in store.directory.iterdir()}


def test_the_last_five_are_kept_under_sagemakers_names(store: Store) -> None:
    for step in range(8, 15):
        store.save(step, b"%d" % step)
    assert names(store) == {f"xgboost-checkpoint.{step}" for step in range(10, 15)}
    assert store.newest(int) == (14, 14)


def test_without_checkpoints_there_is_none(store: Store) -> None:
    assert store.newest(int) is None
    assert Store(store.directory / "gone", "xgboost-checkpoint", JOB).newest(int) is None


def test_sagemakers_markers_and_other_files_are_no_checkpoints(store: Store) -> None:
    store.save(3, b"3")
    for name in (
        "xgboost-checkpoint.9.sagemaker-uploading",
        "xgboost-checkpoint.9.sagemaker-uploaded",
        "xgboost-checkpoint.9.sagemaker-ignore",
        "xgboost-checkpoint.",
        "xgboost-checkpoint.\u0663",
        "xgboost-checkpoint_9.ubj",
        "other.9",
        ".xgboost-checkpoint.9.tmp",
    ):
        (store.directory / name).write_bytes(b"x")
    assert store.newest(int) == (3, 3)


@pytest.mark.parametrize("keep", [0, 10, 40, 130, -1])
def test_one_cut_short_is_skipped_with_a_warning(store: Store, keep: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setLevel("WARNING")
    store.save(1, b"1")
    store.save(2, b"2" * 50)
    path = store.directory / "xgboost-checkpoint.2"
    path.write_bytes(path.read_bytes()[:keep])
    assert store.newest(int) == (1, 1)


def test_one_that_the_library_refuses_is_skipped(store: Store) -> None:
    store.save(1, b"1")
    store.save(2, b"not a number")
    assert store.newest(int) == (1, 1)


def test_a_lost_host_is_no_reason_to_take_an_older_one(store: Store) -> None:
    def opens(data: bytes) -> bytes:
        raise PlatformError("another host is lost")

    store.save(1, b"1")
    with pytest.raises(PlatformError, match="another host is lost"):
        store.newest(opens)


def test_a_flipped_bit_is_noticed(store: Store) -> None:
    store.save(1, b"11")
    path = store.directory / "xgboost-checkpoint.1"
    path.write_bytes(path.read_bytes()[:-1] + b"3")
    assert store.newest(int) is None


def test_another_jobs_are_refused(store: Store) -> None:
    store.save(1, b"1")
    other = Store(store.directory, "xgboost-checkpoint", fingerprint({"eta": 0.2, "depth": 6}))
    with pytest.raises(UserError, match=r"'xgboost-checkpoint\.1' was written by a job with other hyperparameters"):
        other.newest(int)


def test_a_clock_that_jumps_back_changes_nothing(store: Store) -> None:
    for step in (9, 10):
        store.save(step, b"%d" % step)
    os.utime(store.directory / "xgboost-checkpoint.10", (0, 0))
    assert store.newest(int) == (10, 10)


def test_fingerprint_holds_values_not_their_order() -> None:
    assert fingerprint({"depth": 6, "eta": 0.3}) == JOB
    assert fingerprint({"depth": 7, "eta": 0.3}) != JOB
    assert fingerprint({"a": "1\nb='2'"}) != fingerprint({"a": "1", "b": "2"})


def test_stumps_of_a_killed_job_are_dropped(store: Store) -> None:
    (store.directory / ".xgboost-checkpoint.4.tmp").write_bytes(b"half")
    (store.directory / ".keep").write_bytes(b"")
    store.prepare()
    assert names(store) == {".keep"}


def test_a_folder_that_cannot_be_written_is_the_platforms_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PlatformError, match="cannot be written to"):
        Store(tmp_path / "file" / "checkpoints", "xgboost-checkpoint", JOB).prepare()
