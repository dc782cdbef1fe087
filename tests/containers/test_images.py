"""Images are found by their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from containers.build import images
from contract.errors import UserError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    for name in ("aaa", "base", "xgboost"):
        (tmp_path / "containers" / name).mkdir(parents=True)
        (tmp_path / "containers" / name / "Dockerfile").touch()
    (tmp_path / "containers" / "build").mkdir()
    return tmp_path


def test_names_are_folders_with_a_dockerfile_base_first(root: Path) -> None:
    assert images.names(root) == ("base", "aaa", "xgboost")


def test_reference_has_the_version_of_the_project(root: Path) -> None:
    assert images.reference("xgboost", root) == "sagemaker-xgboost:1.2.3"


def test_unknown_name_is_told_what_there_is(root: Path) -> None:
    with pytest.raises(UserError, match="image 'xgbost' is unknown; there are base, aaa, xgboost"):
        images.check("xgbost", root)


def test_every_image_here_has_its_lock_and_its_cut_list() -> None:
    for name in images.names():
        assert (images.folder(name) / "requirements.txt").is_file()
        assert (images.folder(name) / "cut.txt").is_file()
