from __future__ import annotations

import pytest

from local_mode.conformance.programs import Launch, obstacle
from local_mode.conformance.tree import Entry, Tree

PATH = "/usr/local/bin:/usr/bin"
ELF = b"\x7fELF" + bytes(14)
PLACE = "/usr/local/bin/serve"


def why(head: bytes, mode: int = 0o755, place: str = PLACE) -> str:
    """The obstacle of an image whose `serve` begins so."""
    entries = {
        place: Entry("file", mode, "", head),
        "/usr/bin/env": Entry("file", 0o755, "", ELF + b"\x3e\0"),
        "/usr/bin/python3": Entry("file", 0o755, "", ELF + b"\x3e\0"),
    }
    return obstacle(Tree(entries), Launch((), PATH, "/"), "serve")


@pytest.mark.parametrize(
    "head",
    [ELF + b"\x3e\0", b"#!/usr/bin/env python3\n", b"#!/usr/bin/python3 -u\n", b"#!/usr/bin/env -S python3 -u\n"],
)
def test_what_the_kernel_starts(head: bytes) -> None:
    assert why(head) == ""


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (ELF + b"\xb7\0", "is a program for arm64 (exec format error on amd64)"),
        (b"import os\n", "is neither a program nor a script that begins with #!"),
        (b"", "is neither a program nor a script"),
        (b"#!/usr/bin/env python3\r\n", "ends in CR LF, so its interpreter is not found"),
        (b"#!/usr/bin/env python\n", "is not on the image's PATH: python"),
        (b"#!/bin/bash\n", "is not in the image: /bin/bash"),
        (b"#!\n", "names no interpreter"),
    ],
)
def test_what_it_does_not(head: bytes, said: str) -> None:
    assert said in why(head)


def test_programs_that_are_not_found_or_not_executable() -> None:
    assert why(b"#!/usr/bin/python3\n", mode=0o644) == "/usr/local/bin/serve is not executable (mode 644)"
    assert "there is /opt/program/serve, which is not on PATH" in why(b"", place="/opt/program/serve")


@pytest.mark.parametrize(
    ("entrypoint", "swallowed"),
    [
        (["/bin/sh", "-c", "python serve.py"], "python serve.py"),
        (["/bin/bash", "-c", "exec python serve.py"], "exec python serve.py"),
        (["/bin/sh", "-c", 'exec python $0.py "$@"'], ""),
        (["/bin/sh", "-c", "exec python ${1:-serve}.py"], ""),
        (["python", "-c", "import x"], ""),
        (["/bin/sh", "/entry.sh"], ""),
        ([], ""),
    ],
)
def test_shell_form_is_told_by_what_it_does_with_the_word(entrypoint: list[str], swallowed: str) -> None:
    assert Launch.of({"Entrypoint": entrypoint}).swallows == swallowed


def test_launch_is_read_from_the_configuration() -> None:
    launch = Launch.of({"Entrypoint": ["/sbin/tini", "--", "x"], "Env": ["PATH=/a:/b", "X=1"], "WorkingDir": "/srv"})
    assert (launch.init, launch.search, launch.directory) == ("tini", "/a:/b", "/srv")
    empty = Launch.of({"Entrypoint": None, "Env": None, "WorkingDir": ""})
    assert (empty.init, empty.directory) == ("", "/")
    assert "/usr/bin" in empty.search
