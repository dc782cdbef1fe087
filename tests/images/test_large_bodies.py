"""Bodies larger than the container's memory would allow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from docker.models.containers import Container

from tests.images.endpoints import all_workers, invoke, send_chunks, workers

Connect = Callable[..., Any]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
UNBOUNDED = {"SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"}
SMALL = {"mem_limit": "512m", "memswap_limit": "512m"}
MEGABYTE = 1 << 20
LARGEST_MEGABYTES = 640
"""Of a body: more than the container may hold."""
MOST_MEGABYTES = 160
"""Of a worker, with its model, libraries and a body of which 10 MB are read before it goes into a file."""
ROWS = np.random.default_rng(3).random((1000, 3))
LINES = "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in ROWS.tolist()).encode()


@pytest.fixture
def unbounded(serve_published: Serve) -> Container:
    return serve_published(environment=UNBOUNDED, **SMALL)


@pytest.fixture
def scratch(serve_published: Serve) -> Container:
    """One whose /tmp is a file system of its own."""
    return serve_published(environment=UNBOUNDED, tmpfs={"/tmp": "size=200m"})


def repeated(megabytes: int) -> int:
    """How often LINES stands in so large a body."""
    return megabytes * MEGABYTE // len(LINES)


def megabytes(container: Container, worker: str) -> int:
    """The most memory that a worker ever held."""
    text = container.exec_run(["cat", f"/proc/{worker}/status"]).output.decode()
    return next(int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmHWM"))


def free_blocks(container: Container) -> bytes:
    """Of /tmp: files without names take them, too."""
    blocks: bytes = container.exec_run(["stat", "-f", "-c", "%f", "/tmp"]).output
    return blocks


def test_body_without_end_is_answered_in_order_with_flat_memory(unbounded: Container) -> None:
    times, before = repeated(LARGEST_MEGABYTES), all_workers(unbounded)
    status, one = invoke(unbounded, LINES)
    assert (status, one.count(b"\n")) == (200, len(ROWS))
    connection, answer = send_chunks(unbounded, (LINES for _ in range(times)))
    with closing(connection):
        assert answer.status == 200
        digest = hashlib.sha256()
        while data := answer.read(MEGABYTE):
            digest.update(data)
    wanted = hashlib.sha256()
    for _ in range(times):
        wanted.update(one)
    assert digest.digest() == wanted.digest()
    assert workers(unbounded) == before
    assert max(megabytes(unbounded, worker) for worker in before) < MOST_MEGABYTES
    unbounded.reload()
    assert not unbounded.attrs["State"]["OOMKilled"]
    assert unbounded.exec_run(["ls", "-A", "/tmp"]).output == b""


def test_bad_last_row_of_a_large_body_is_400_with_its_line(scratch: Container) -> None:
    times, free = repeated(60), free_blocks(scratch)
    connection, answer = send_chunks(scratch, (*(LINES for _ in range(times)), b"0.1,x,0.3\n"))
    with closing(connection):
        assert answer.status == 400
        assert json.load(answer)["error"]["where"] == f"body, line {times * len(ROWS) + 1}, column 2"
    assert free_blocks(scratch) == free


@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked", b"Content-Length: 1073741824"])
def test_large_body_that_breaks_off_is_never_200(head: bytes, scratch: Container, connect: Connect) -> None:
    client, free = connect(scratch), free_blocks(scratch)
    client.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n%s\r\n\r\n" % head)
    chunk = LINES if b"Length" in head else b"%x\r\n%s\r\n" % (len(LINES), LINES)
    for _ in range(repeated(30)):
        client.sendall(chunk)
    client.shutdown(1)
    answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert free_blocks(scratch) == free


@pytest.mark.parametrize("lacking", [{"tmpfs": {"/tmp": "size=8m"}}, {"read_only": True}], ids=["full", "read-only"])
def test_no_room_for_a_large_body_is_507_and_small_ones_go_on(lacking: dict[str, Any], serve_published: Serve) -> None:
    container = serve_published(environment=UNBOUNDED, **SMALL, **lacking)
    status, body = invoke(container, LINES * repeated(30))
    assert (status, json.loads(body)["error"]["code"]) == (507, "insufficient_storage")
    assert invoke(container, LINES)[0] == 200
