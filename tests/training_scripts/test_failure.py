from __future__ import annotations

import errno
from pathlib import Path

import pytest

from contract.errors import AlgorithmError, PlatformError, UserError
from training_scripts import failure


def test_first_reason_stays(tmp_path: Path) -> None:
    path = tmp_path / "output" / "failure"
    failure.write(path, "the cause")
    failure.write(path, "what came of it")
    assert path.read_text() == "the cause"


def test_reason_is_cut_at_what_sagemaker_shows_and_always_text(tmp_path: Path) -> None:
    failure.write(tmp_path / "failure", "\udcff" + "ä" * 2000)
    text = (tmp_path / "failure").read_text()
    assert text.startswith("\\udcffää")
    assert text.endswith("ä…")


def test_reason_goes_to_stderr_where_no_file_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "output").write_text("")
    failure.write(tmp_path / "output" / "failure", "the cause")
    assert "the cause" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (UserError("bad"), UserError, "bad"),
        (MemoryError(), PlatformError, "out of memory; limit "),
        (OSError(errno.ENOSPC, "No space left on device", "/opt/ml/model"), PlatformError, "device: '/opt/ml/model'"),
        (OSError(errno.EROFS, "Read-only file system"), PlatformError, "Read-only file system"),
        (FileNotFoundError(errno.ENOENT, "No such file"), AlgorithmError, "FileNotFoundError"),
        (ValueError("odd"), AlgorithmError, "training failed unexpectedly with ValueError: odd"),
    ],
)
def test_every_error_is_of_one_kind(error: Exception, kind: type[Exception], says: str) -> None:
    assert type(failure.classify(error)) is kind
    assert says in str(failure.classify(error))
