from __future__ import annotations

import io
import tarfile

from local_mode.conformance.tree import Entry, Tree


def archive(*members: tuple[str, bytes, int, bytes]) -> bytes:
    """A tar of (name, type, mode, content or target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, mode, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, mode
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = content.decode()
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tree() -> Tree:
    content = archive(
        ("usr/bin", tarfile.DIRTYPE, 0o755, b""),
        ("bin", tarfile.SYMTYPE, 0o777, b"usr/bin"),
        ("usr/bin/tool", tarfile.REGTYPE, 0o755, b"#!/bin/sh\n" + b"x" * 1000),
        ("usr/bin/other", tarfile.LNKTYPE, 0o755, b"usr/bin/tool"),
        ("usr/bin/serve", tarfile.REGTYPE, 0o644, b"serve it"),
        ("usr/bin/data", tarfile.REGTYPE, 0o644, b"data"),
        ("loop", tarfile.SYMTYPE, 0o777, b"loop"),
        ("opt/ml/model/weights", tarfile.REGTYPE, 0o644, b"1"),
    )
    return Tree.read([content[start : start + 700] for start in range(0, len(content), 700)], frozenset({"serve"}))


def test_heads_are_kept_of_what_may_be_started() -> None:
    found = tree().entries
    assert found["/usr/bin/tool"] == Entry("file", 0o755, "", b"#!/bin/sh\n" + b"x" * 246)
    assert found["/usr/bin/serve"].head == b"serve it"
    assert found["/usr/bin/data"].head == b""


def test_links_are_followed_in_folders_too() -> None:
    assert tree().resolve("/bin/tool") == "/usr/bin/tool"
    assert tree().resolve("/bin/other") == "/usr/bin/tool"
    assert tree().resolve("/bin/nothing") is None
    assert tree().resolve("/loop") is None


def test_path_is_searched_as_a_shell_does() -> None:
    assert tree().which("tool", "/nowhere:/bin") == "/usr/bin/tool"
    assert tree().which("serve", "/bin") == "/usr/bin/serve"  # there, though not executable
    assert tree().which("absent", "/bin") is None
    assert tree().which("./tool", "", "/bin") == "/usr/bin/tool"


def test_files_below_a_folder() -> None:
    assert tree().below("/opt/ml") == ["/opt/ml/model/weights"]
