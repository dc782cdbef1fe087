"""What a cut list takes away, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from containers.base.steps import cut


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("doc/a/copyright", "doc/a/README", "doc/b/README", "var/log/x.log", "lib/m.py", "lib/tests/t.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345")
    return tmp_path


def left(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def test_last_matching_rule_decides(root: Path) -> None:
    freed = cut.cut(root, cut.parse("doc/*   # all of it\n!doc/*/copyright\n\n*/tests/*\n"))
    assert left(root) == {"doc/a/copyright", "var/log/x.log", "lib/m.py"}
    assert freed == 15


def test_emptied_folders_go_with_their_files(root: Path) -> None:
    cut.cut(root, cut.parse("doc/*\n*/tests/*"))
    assert not (root / "doc" / "b").exists()
    assert (root / "doc").is_dir()


def test_folder_that_no_rule_names_stays(root: Path) -> None:
    cut.cut(root, cut.parse("var/log/*"))
    assert (root / "var" / "log").is_dir()


def test_links_are_cut_and_not_followed(root: Path) -> None:
    (root / "gone").mkdir()
    (root / "gone" / "link").symlink_to(root / "lib")
    cut.cut(root, cut.parse("gone/*"))
    assert left(root) == {
        "doc/a/copyright",
        "doc/a/README",
        "doc/b/README",
        "var/log/x.log",
        "lib/m.py",
        "lib/tests/t.py",
    }


def test_strict_list_refuses_a_stale_line(root: Path) -> None:
    with pytest.raises(SystemExit, match=r"nothing matches scipy/\*"):
        cut.cut(root, cut.parse("lib/*\nscipy/*"), strict=True)
