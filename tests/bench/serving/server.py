"""A server while it runs: from its start to the first 200, what it holds in memory, and its end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.bench.serving import peers
from tests.bench.serving.peers import Peer, PeerError
from tests.bench.serving.workload import Workload

START_SECONDS = 90.0
STOP_SECONDS = 15.0
ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Running:
    port: int
    process: int
    start_seconds: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(peer: Peer, workload: Workload, log: Path) -> Iterator[Running]:
    """The peer, once it answers 200 to its ping; ended with all its processes. Raises PeerError."""
    port = _free_port()
    words = {
        "{python}": str(peers.python(peer)),
        "{port}": str(port),
        "{models}": str(workload.model.parent.parent),
    }
    own = {"PYTHONPATH": str(peers.ROOT), "BENCH_MODEL": str(workload.model), "OMP_NUM_THREADS": "1", "PORT": str(port)}
    environment = os.environ | own | {name: _fill(value, words) for name, value in peer.environment.items()}
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [_fill(part, words) for part in peer.command],
            env=environment,
            cwd=workload.model.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(peer, port, process, log)
            yield Running(port, process.pid, time.perf_counter() - started)
        finally:
            _stop(process)


def ask(server: Running, peer: Peer, csv: bytes) -> bytes:
    """One answer. Raises PeerError where there is none, or another status than 200."""
    try:
        status, answer = _exchange(
            server.port, "POST", peer.path, peer.form.body(csv), {"Content-Type": peer.form.content_type}
        )
    except (OSError, HTTPException) as error:
        raise PeerError(f"{peer.title} does not answer: {error!r}") from error
    if status != 200:
        raise PeerError(f"{peer.title} answers {status}: {answer[:200]!r}")
    return answer


def megabytes(process: int) -> float:
    """Proportional set size of a process and all below it."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return (int(found[1]) * 1024 / 1e6 if found else 0) + sum(megabytes(int(child)) for child in children)


def _fill(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait(peer: Peer, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.perf_counter() + START_SECONDS
    while process.poll() is None and time.perf_counter() < end:
        with contextlib.suppress(OSError, HTTPException):
            if _exchange(port, "GET", peer.ping)[0] == 200:
                return
        time.sleep(_POLL_SECONDS)
    why = f"did not answer within {START_SECONDS:.0f} s" if process.poll() is None else f"ended with {process.poll()}"
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise PeerError(f"{peer.title} {why}: {''.join(last)[:300]}")


def _exchange(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server politely, then whatever is left of its session."""
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
