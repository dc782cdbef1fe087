"""The xgboost image as a container: held strictly, stopped, watched."""

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

Ask = Callable[..., tuple[int, str]]
Run = Callable[..., Any]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
USERS = ("0", "65534")
ROW = "0.1,0.2,0.3\n"
LISTENING, UNCONNECTED = "0A", "07"
STATES = "for p in /proc/[0-9]*; do cat $p/status 2>/dev/null | grep ^State:; done"


@pytest.mark.parametrize("user", USERS)
def test_trains_hardened(user: str, reference: str, ml: Path, run: Run, hardened: dict[str, Any]) -> None:
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"], user=user, **hardened)
    assert done.code == 0, done.output
    assert (ml / "model" / "model.json").is_file()
    assert (ml / "model" / "xgboost-model").is_file()
    assert not (ml / "output" / "failure").exists()


def test_train_as_the_entry_point(reference: str, ml: Path, run: Run) -> None:
    done = run(reference, volumes=[f"{ml}:/opt/ml"], entrypoint="train")
    assert done.code == 0, done.output


@pytest.mark.parametrize("user", USERS)
def test_serves_hardened(user: str, serve: Serve, ask: Ask, hardened: dict[str, Any]) -> None:
    status, body = ask(serve(user=user, **hardened), "POST", "/invocations", ROW)
    assert status == 200
    assert float(body) == pytest.approx(0.6, abs=0.3)


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


def test_workers_are_not_root_nor_of_its_groups(serve: Serve, workers: Callable[[Container], list[str]]) -> None:
    container = serve()
    for worker in workers(container):
        lines = container.exec_run(["grep", "-E", "^(Uid|Gid|Groups|CapEff)", f"/proc/{worker}/status"]).output.decode()
        said = {line.partition(":")[0]: line.split()[1:] for line in lines.splitlines()}
        assert "0" not in said["Uid"] + said["Gid"] + said["Groups"]
        assert int(*said["CapEff"], 16) == 0


def test_stops_with_exit_code_0(serve: Serve) -> None:
    container = serve()
    began = time.monotonic()
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] == 0
    assert time.monotonic() - began < 5


def test_first_process_reaps_orphans(serve: Serve) -> None:
    container = serve()
    container.exec_run(["sh", "-c", "for i in 1 2 3 4 5; do sh -c 'sleep 0.2 & exit' & done; wait"])
    time.sleep(1.5)
    assert "Z (zombie)" not in container.exec_run(["sh", "-c", STATES]).output.decode()


@pytest.mark.parametrize("port", [8080, 8123])
def test_listens_on_the_one_port_it_was_given(port: int, serve: Serve) -> None:
    container = serve(port=port, environment={"SAGEMAKER_BIND_TO_PORT": str(port)})
    assert open_ports(container) == {port}


def test_port_outside_the_safe_range_ends_with_one_line(reference: str, model: Path, run: Run) -> None:
    environment = {"SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_SAFE_PORT_RANGE": "8080-8090"}
    done = run(reference, "serve", volumes=[f"{model}:/opt/ml/model:ro"], environment=environment)
    assert done.code == 1
    assert re.fullmatch(r"serve: .*SAGEMAKER_BIND_TO_PORT: 9000 is outside .*8080-8090\n", done.output)


def test_writes_only_where_it_may(reference: str, ml: Path, serve: Serve, run: Run, start: Any) -> None:
    """With a writable file system, which it does not need."""
    training = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert training.wait()["StatusCode"] == 0
    for container in (training, serve()):
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
