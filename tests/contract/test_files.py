"""Whatever stops a writer, a reader sees the old content or the whole new one."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from contract.errors import PlatformError
from contract.files import sha256, write_atomically

ROOT = Path(__file__).parents[2]


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_bytes_and_a_writer(tmp_path: Path) -> None:
    target = tmp_path / "model"
    write_atomically(target, b"one")
    assert target.read_bytes() == b"one"
    write_atomically(target, lambda stream: stream.write(b"two"))
    assert target.read_bytes() == b"two"
    assert names(tmp_path) == ["model"]


def test_others_may_read_what_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "model", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o644


def test_an_error_of_the_writer_leaves_the_old_content_and_no_stump(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.write_bytes(b"old")

    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_atomically(target, fail)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["model"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from contract.errors import PlatformError
from contract.files import write_atomically

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for content in (bytes(10_000), lambda stream: stream.write(bytes(10_000))):
    try:
        write_atomically(Path(sys.argv[1]), content)
    except PlatformError as error:
        print(error)
"""


def test_a_disk_that_fills_up_leaves_no_stump(tmp_path: Path) -> None:
    """In a process whose files cannot grow past 4,096 bytes: the write fails half way, as on a full disk."""
    target = tmp_path / "model"
    printed = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target)], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    lines = printed.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.search(rf"cannot write {target}: File too large after 4096 bytes; \d+ bytes are", line)
    assert names(tmp_path) == []


def test_no_space_left_is_named(tmp_path: Path) -> None:
    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        stream.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(PlatformError, match="No space left on device after 4 bytes") as caught:
        write_atomically(tmp_path / "model", fail)
    assert caught.value.exit_code == 3
    assert names(tmp_path) == []


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"cannot write .*absent/model: No such file or directory"):
        write_atomically(tmp_path / "absent" / "model", b"x")


def test_a_link_under_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".model.tmp").symlink_to(victim)
    with pytest.raises(PlatformError):
        write_atomically(tmp_path / "model", b"x")
    assert victim.read_bytes() == b"precious"


def test_a_kill_while_writing_leaves_the_old_content_and_the_next_write_cleans_up(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.write_bytes(b"old")
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from contract.files import write_atomically\n"
        "def half(stream):\n"
        "    stream.write(b'half')\n"
        "    stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(Path(sys.argv[1]), half)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(target)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == [".model.tmp", "model"]
    write_atomically(target, b"new")
    assert names(tmp_path) == ["model"]


def test_sha256_reads_the_rest_of_a_stream(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as stream:
        assert sha256(stream) == hashlib.sha256(content).hexdigest()
