"""Every algorithm's image serves: held strictly, as any user, stopped, watched."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient
from docker.models.containers import Container

from tests.images import samples
from tests.images.endpoints import ask, invoke, workers

Run = Callable[..., Any]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
USERS = ("0", "65534")
ROW = b"0.1,0.2,0.3\n"
LISTENING, UNCONNECTED = "0A", "07"
STATES = "for p in /proc/[0-9]*; do cat $p/status 2>/dev/null | grep ^State:; done"


@pytest.mark.parametrize("user", USERS)
def test_serves_hardened(
    user: str, algorithm: str, serve: Serve, endpoint: Container, hardened: dict[str, Any]
) -> None:
    """And answers, bit for bit, what an endpoint that is not held answers."""
    rows = samples.request(algorithm)
    status, content = invoke(endpoint, rows.encode())
    assert status == 200, content
    assert ask(serve(user=user, **hardened), "POST", "/invocations", rows) == (200, content.decode().rstrip("\n"))


@pytest.fixture
def internal(docker_client: DockerClient) -> Iterator[str]:
    """The name of a network without a way out. Asked for before `serve`, it is there until its containers are gone."""
    network = docker_client.networks.create(f"internal-{uuid.uuid4().hex}", internal=True)
    yield network.name
    network.remove()


def test_serves_in_a_network_without_a_way_out(
    internal: str, reference: str, serve: Serve, run: Run, hardened: dict[str, Any]
) -> None:
    options = hardened | {"network_mode": internal}
    address = serve(**options).attrs["NetworkSettings"]["Networks"][internal]["IPAddress"]
    ask = f"import urllib.request as r; print(r.urlopen('http://{address}:8080/ping').status)"
    asked = run(reference, "python", "-c", ask, **options)
    assert (asked.code, asked.output) == (0, "200\n")


def test_workers_are_not_root_nor_of_its_groups(endpoint: Container) -> None:
    found = workers(endpoint)
    assert found
    for worker in found:
        lines = endpoint.exec_run(["grep", "-E", "^(Uid|Gid|Groups|CapEff)", f"/proc/{worker}/status"]).output.decode()
        said = {line.partition(":")[0]: line.split()[1:] for line in lines.splitlines()}
        assert "0" not in said["Uid"] + said["Gid"] + said["Groups"]
        assert int(*said["CapEff"], 16) == 0


def test_stops_with_exit_code_0(serve: Serve) -> None:
    container = serve()
    began = time.monotonic()
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] == 0
    assert time.monotonic() - began < 5


def test_first_process_reaps_orphans(endpoint: Container) -> None:
    endpoint.exec_run(["sh", "-c", "for i in 1 2 3 4 5; do sh -c 'sleep 0.2 & exit' & done; wait"])
    time.sleep(1.5)
    assert "Z (zombie)" not in endpoint.exec_run(["sh", "-c", STATES]).output.decode()


@pytest.mark.parametrize("port", [8080, 8123])
def test_listens_on_the_one_port_it_was_given(port: int, serve: Serve) -> None:
    environment = {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_SAFE_PORT_RANGE": "9000-9999"}
    assert open_ports(serve(port=port, environment=environment)) == {port}


def test_writes_only_where_it_may(reference: str, ml: Path, endpoint: Container, start: Any) -> None:
    """With a writable file system, which it does not need; an endpoint after whatever it was asked by then."""
    training = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert training.wait()["StatusCode"] == 0
    assert invoke(endpoint, ROW * 1000)[0] == 200
    for container in (training, endpoint):
        changed = [change["Path"] for change in container.diff() or []]
        assert [path for path in changed if not re.match(r"/(opt/ml|tmp)(/|$)|/opt$", path)] == []


def test_health_check_follows_ping(serve: Serve) -> None:
    container = serve(healthcheck={"interval": 10**9, "timeout": 10**9, "retries": 1})
    assert health(container, "healthy")
    stop = "import os, signal; [os.kill(int(p), signal.SIGSTOP) for p in os.listdir('/proc') if p.isdigit() and "
    container.exec_run(["python", "-c", stop + "int(p) not in (1, os.getpid())]"])
    assert health(container, "unhealthy")


def test_training_container_counts_as_healthy(reference: str, start: Any) -> None:
    container = start(reference, "sleep", "60", healthcheck={"interval": 10**9})
    assert health(container, "healthy")


def health(container: Container, wanted: str, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        container.reload()
        if container.attrs["State"]["Health"]["Status"] == wanted:
            return True
        time.sleep(0.2)
    return False


def open_ports(container: Container) -> set[int]:
    """The TCP ports that something in a container listens on, and the UDP ports it has, of IPv4 and IPv6."""
    tables = container.exec_run(["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6"])
    rows = [line.split() for line in tables.output.decode().splitlines() if "local_address" not in line]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] in (LISTENING, UNCONNECTED)}
