from __future__ import annotations

import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from training_scripts import watch

ROOT = Path(__file__).parents[2]
FIN, RESET = None, struct.pack("ii", 1, 0)
WAITS = """
import socket, sys, time
from training_scripts import logs
from training_scripts import watch
watch.PATIENCE_SECONDS = 0.2
logs.configure()
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
with watch.watching():
    print("watching", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def close(connection: socket.socket, linger: bytes | None) -> None:
    if linger is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


@pytest.mark.parametrize("linger", [FIN, RESET], ids=["closed", "reset"])
def test_a_connection_that_the_peer_ends_is_none(linger: bytes | None) -> None:
    before = watch.connections()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        assert len(watch.connections() - before) == 2
        close(accepted, linger)
        assert watch.connections() <= before


@pytest.mark.parametrize("linger", [FIN, RESET], ids=["closed", "reset"])
def test_a_process_that_waits_for_a_lost_peer_ends_with_a_reason(tmp_path: Path, linger: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = waits(server, 60, tmp_path)
        accepted, _ = server.accept()
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        close(accepted, linger)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 3, printed
    assert (tmp_path / "output" / "failure").read_text().startswith("the hosts of the job lost each other: a peer ")


def test_a_process_whose_peers_stay_is_left_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = waits(server, 1.5, tmp_path)
        accepted, _ = server.accept()
        printed, _ = process.communicate(timeout=20)
        accepted.close()
    assert process.returncode == 0, printed


def waits(server: socket.socket, seconds: float, base: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WAITS, str(server.getsockname()[1]), str(seconds)],
        cwd=ROOT,
        env={"PATH": "", "SAGEMAKER_BASE_DIR": str(base), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        text=True,
    )
