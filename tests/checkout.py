"""Commands as a user types them in a checkout: in this one, or in a copy of it for what would change it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from containers.build import images

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "GIT_"))}
"""As a user's shell has it, also where make or git runs the tests."""
START_SECONDS = 120.0


def copy(folder: Path) -> Path:
    """`folder`, filled with the files that git knows or would take: a repository of its own, which shares .venv."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=images.ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (images.ROOT / name).is_file():  # git knows, too, what was deleted since
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(images.ROOT / name, folder / name, follow_symlinks=False)
    (folder / ".venv").symlink_to(images.ROOT / ".venv")
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=folder, env=ENVIRONMENT, check=True)
    return folder


def run(folder: Path, *words: str | Path, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in it with `text` on its standard input; what it prints is captured."""
    return subprocess.run(
        list(map(str, words)),
        input=text,
        cwd=folder,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextlib.contextmanager
def serving(folder: Path, command: str, port: str, **environment: str) -> Iterator[None]:
    """`make serve/...` in a terminal of its own, from its first good ping on; Ctrl-C at the end."""
    environment = ENVIRONMENT | environment | {"PORT": port}
    server = subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(port):
            assert server.poll() is None, f"{command!r} ended"
            assert time.monotonic() < deadline, f"{command!r} does not answer"
            time.sleep(0.2)
        yield
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)


def answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
