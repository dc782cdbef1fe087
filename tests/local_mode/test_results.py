from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode import results


def tree(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder.mkdir(exist_ok=True)
    return folder


def test_leader_files_win_and_others_join(tmp_path: Path) -> None:
    folders = [tree(tmp_path / "1", a="leader", deep__b="leader"), tree(tmp_path / "2", a="worker", deep__c="worker")]
    lost = results.merge(folders, tmp_path / "all")
    assert lost == ["a"]
    content = {str(path.relative_to(tmp_path / "all")): path.read_text() for path in (tmp_path / "all").rglob("[abc]")}
    assert content == {"a": "leader", "deep/b": "leader", "deep/c": "worker"}


def test_worker_cannot_write_through_the_leader_links(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside")
    leader = tree(tmp_path / "1")
    (leader / "deep").symlink_to(outside)
    assert results.merge([leader, tree(tmp_path / "2", deep__b="x")], tmp_path / "all") == ["deep/b"]
    assert list(outside.iterdir()) == []


def test_pack_holds_names_from_the_root_and_no_owner(tmp_path: Path) -> None:
    folder = tree(tmp_path / "model", a="1", deep__b="2")
    os.mkfifo(folder / "fifo")
    archive = results.pack(folder, tmp_path / "model.tar.gz")
    assert archive is not None
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["a", "deep", "deep/b"]
        assert {(member.uid, member.gid, member.uname) for member in tar} == {(0, 0, "")}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.tar.gz"]


def test_pack_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert results.pack(tree(tmp_path / "model"), tmp_path / "model.tar.gz") is None
    assert not (tmp_path / "model.tar.gz").exists()


def test_unpack_gives_back_what_was_packed(tmp_path: Path) -> None:
    archive = results.pack(tree(tmp_path / "model", deep__b="2"), tmp_path / "model.tar.gz")
    assert archive is not None
    results.unpack(archive, tmp_path / "again")
    assert (tmp_path / "again" / "deep" / "b").read_text() == "2"


@pytest.mark.parametrize("name", ["../out", "/etc/out", "link/out"])
def test_unpack_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../.."
        tar.addfile(link)
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(UserError, match="cannot be extracted"):
        results.unpack(archive, tmp_path / "a" / "b")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08cut"])
def test_unpack_refuses_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"'model\.tar\.gz' cannot be extracted: it is no tar.gz"):
        results.unpack(tmp_path / "model.tar.gz", tmp_path / "model")


def test_failure_text_is_cut_and_never_followed(tmp_path: Path) -> None:
    assert results.failure_text(tmp_path) == ""
    (tmp_path / "failure").write_text("é" * 3000)
    assert results.failure_text(tmp_path) == "é" * 1024
    (tmp_path / "failure").unlink()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "failure").symlink_to(tmp_path / "secret")
    assert results.failure_text(tmp_path) == ""
