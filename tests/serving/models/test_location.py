"""Which paths a model is loaded from."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from contract.errors import UserError
from serving.models import location


@pytest.fixture
def folder(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /opt/ml."""
    shutil.copytree(base / "models", tmp_path / "models")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("url", ["/opt/ml/models/0/model", "/opt/ml/models/0/../0/model/", "/opt/ml/models/0"])
def test_what_is_said_about_opt_ml_is_meant_in_its_place(folder: Path, url: str) -> None:
    assert location.find(url).is_relative_to(folder / "models/0")


def test_below_the_folder_of_a_single_model_is_accepted_too(folder: Path) -> None:
    (folder / "model/a").mkdir(parents=True)
    assert location.find("/opt/ml/model/a") == folder / "model/a"


@pytest.mark.parametrize("link", ["/etc", "../..", "missing", "loop"])
def test_link_out_is_not_found(folder: Path, link: str) -> None:
    (folder / "models/loop").symlink_to(link)
    refused("/opt/ml/models/loop")


@pytest.mark.parametrize(
    "url",
    [
        "/etc",
        "/etc/passwd",
        "/etc/shadow-none",
        "/opt/ml/models/9/model",
        "/opt/ml/models/../input",
        "/opt/ml/models/0/model/xgboost-model",
        "/opt/ml/models/0/model/xgboost-model/x",
        "models/0/model",
        "/opt/ml/models/\0",
        "s3://bucket/key",
        "file:///opt/ml/models/0/model",
        "/" + "x" * 5000,
    ],
)
def test_elsewhere_is_not_found_whether_or_not_it_is_there(folder: Path, url: str) -> None:
    (folder / "input").mkdir()
    refused(url)


def test_socket_is_not_found(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "models/s"))
        refused("/opt/ml/models/s")


def refused(url: str) -> None:
    with pytest.raises(UserError, match="there is no model directory") as caught:
        location.find(url)
    assert caught.value.code == "not_found"
    assert len(caught.value.message) < 400
