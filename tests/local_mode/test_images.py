from __future__ import annotations

from pathlib import Path

import pytest

from local_mode.images import Image, find


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("base", "my-algorithm"):
        (tmp_path / "containers" / name).mkdir(parents=True)
        (tmp_path / "containers" / name / "Dockerfile").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2"\n')
    return tmp_path


def test_folder_name_and_reference_mean_the_same_image(root: Path) -> None:
    folder = root / "containers" / "my-algorithm"
    assert find("my-algorithm", root) == Image("sagemaker-my-algorithm:1.2", folder)
    assert find("sagemaker-my-algorithm:1.1", root) == Image("sagemaker-my-algorithm:1.1", folder)
    assert find("my-algorithm", root).name == "my-algorithm"


def test_any_other_reference_is_taken_as_it_is(root: Path) -> None:
    image = find("1234.example/team/other:7", root)
    assert image == Image("1234.example/team/other:7", None)
    assert image.name == "other"
