"""Local mode against real containers: an image with the fake algorithm of tests/data, made here from the base image."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from containers.build.daemon import connect
from contract.errors import UserError
from local_mode.channel import Channel
from local_mode.docker_engine import OWNER, DockerEngine
from local_mode.endpoint import Endpoint
from local_mode.images import find
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parent.parent.parent
FAKE = ROOT / "tests" / "data" / "fake_algorithm"
IMAGE = "sagemaker-fake:test"
DOCKERFILE = """\
FROM {base}
COPY *.py /fake/
ENTRYPOINT ["/bin/sh", "-c", "test $0 = hyperparameters && set describe; exec python3 /fake/${{1:-$0}}.py"]
"""
Train = Callable[..., Result]


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for path in FAKE.glob("*.py"):
            tar.add(path, path.name)
        text = DOCKERFILE.format(base=find("base").reference).encode()
        info = tarfile.TarInfo("Dockerfile")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    client.images.build(fileobj=io.BytesIO(context.getvalue()), custom_context=True, tag=IMAGE, rm=True)
    yield client
    client.images.remove(IMAGE, force=True)
    client.close()


@pytest.fixture
def engine(client: docker.DockerClient) -> Iterator[DockerEngine]:
    connected = connect()
    assert connected is not None
    with DockerEngine(connected) as engine:
        yield engine
    assert left(client) == []


@pytest.fixture
def train(tmp_path: Path, engine: DockerEngine) -> Train:
    def run(behaviour: str, *channels: Channel, stop_seconds: float = 120.0, **fields: object) -> Result:
        request = Request(IMAGE, channels, {"behaviour": behaviour}, **fields)  # type: ignore[arg-type] # as tests give them
        return TrainingJob(request, output=tmp_path / "jobs", engine=engine, stop_seconds=stop_seconds).run()

    return run


def left(client: docker.DockerClient) -> list[str]:
    """The containers and networks of local mode that are still there."""
    containers = client.containers.list(all=True, filters={"ancestor": IMAGE})
    networks = [network for network in client.networks.list(filters={"label": OWNER}) if "fake" in network.name]
    return [found.name for found in [*containers, *networks]]


def content(archive: Path | None) -> dict[str, str]:
    assert archive is not None
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar if member.isfile()}  # type: ignore[union-attr] # is a file


def test_container_sees_the_whole_contract(tmp_path: Path, train: Train) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "a.csv").write_text("1")
    (tmp_path / "one.csv").write_text("2")
    result = train(
        "look",
        Channel("train", tmp_path / "data", "text/csv"),
        Channel("validation", tmp_path / "one.csv", "text/csv", input_mode="FastFile"),
        checkpoints=tmp_path / "kept",
    )
    seen = json.loads(content(result.model)["seen-algo-1.json"])
    assert seen["written"] == ["model", "output"]
    assert {"input/data/train/deep/a.csv", "input/data/train-manifest", "input/data/validation/one.csv"} <= set(
        seen["files"]
    )
    assert seen["config"]["checkpointconfig"]["LocalPath"] == "/opt/ml/checkpoints"
    assert seen["shm"] > 64 << 20
    assert seen["environment"]["TRAINING_JOB_NAME"] == result.name
    assert all(path.stat().st_uid == os.getuid() for path in result.folder.rglob("*"))


def test_hosts_meet_by_name(train: Train) -> None:
    result = train("meet", hosts=3, isolated=True)
    assert result.status == "Completed", result.failure_reason
    assert content(result.model) == {f"met-{host}": "" for host in ("algo-1", "algo-2", "algo-3")}


@pytest.mark.parametrize("isolated", [False, True])
def test_isolated_network_has_no_way_out(client: docker.DockerClient, engine: DockerEngine, isolated: bool) -> None:
    with engine.network("fake-network", ("algo-1",), isolated=isolated):
        (network,) = client.networks.list(names=["fake-network"])
        assert network.attrs["Internal"] is isolated


def test_results_are_given_to_the_caller(tmp_path: Path, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 65534)
    monkeypatch.setattr(os, "getgid", lambda: 65533)
    (tmp_path / "results").mkdir()
    (tmp_path / "other").touch()
    (tmp_path / "results" / "link").symlink_to(tmp_path / "other")
    engine.own([tmp_path / "results"], IMAGE)
    owners = {path.name: (path.lstat().st_uid, path.lstat().st_gid) for path in tmp_path.rglob("*")}
    assert owners["results"] == owners["link"] == (65534, 65533)
    assert owners["other"] != (65534, 65533)


def test_worker_that_leaves_early_does_not_end_the_job(train: Train) -> None:
    result = train("worker_leaves", hosts=2)
    assert result.status == "Completed"
    assert content(result.model) == {"shared": "the leader's", "of-worker": ""}


def test_worker_that_fails_ends_the_job(train: Train) -> None:
    started = time.monotonic()
    result = train("worker_fails", hosts=2)
    assert result.status == "Failed"
    assert result.failure_reason.startswith("AlgorithmError: the value is wrong")
    assert time.monotonic() - started < 30


def test_files_are_sharded_by_key(tmp_path: Path, train: Train) -> None:
    (tmp_path / "data").mkdir()
    for name in "abc":
        (tmp_path / "data" / name).write_text(name)
    result = train("look", Channel("train", tmp_path / "data", distribution="ShardedByS3Key"), hosts=2)
    files = {
        host: [name[-1] for name in json.loads(text)["files"] if name.startswith("input/data/train/")]
        for host, text in content(result.model).items()
    }
    assert files == {"seen-algo-1.json": ["a", "c"], "seen-algo-2.json": ["b"]}


def test_pipe_channel(tmp_path: Path, train: Train) -> None:
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    result = train("pipe", Channel("train", tmp_path / "a.csv", input_mode="Pipe"))
    assert content(result.model) == {"train-0": "1,2\n3,4\n", "train-1": "1,2", "train-2": "1,2\n3,4\n"}


def test_max_runtime_then_sigkill(train: Train) -> None:
    assert content(train("wait", max_runtime=2.0).model) == {"model": "the model so far"}
    assert train("stubborn", max_runtime=1.0, stop_seconds=1.0).secondary_status == "MaxRuntimeExceeded"


def waiting_job(output: Path) -> subprocess.Popen[str]:
    """The command `local_mode train`, on a job that waits to be stopped."""
    command = [sys.executable, "-m", "local_mode", "train", IMAGE, "--hyperparameter", "behaviour=wait"]
    return subprocess.Popen([*command, "--output", output], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_that_is_stopped_leaves_nothing_and_says_so(
    tmp_path: Path, client: docker.DockerClient, number: signal.Signals
) -> None:
    with waiting_job(tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "waiting" in line:
                process.send_signal(number)
                break
        said = process.stdout.read()
    assert process.returncode == 128 + number
    assert "Stopped" in said
    assert left(client) == []


def test_leftovers_of_a_killed_run_are_swept(tmp_path: Path, client: docker.DockerClient) -> None:
    with waiting_job(tmp_path) as process:
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            pass
        process.kill()
    assert left(client) != []
    connected = connect()
    assert connected is not None
    with DockerEngine(connected):
        assert left(client) == []


def test_unknown_image_says_how_to_get_it(tmp_path: Path, engine: DockerEngine) -> None:
    with pytest.raises(UserError, match="the image is not in this engine"):
        TrainingJob(Request("no-such:1", ()), output=tmp_path, engine=engine).run()


def test_endpoint_serves_a_read_only_model(tmp_path: Path, engine: DockerEngine) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("1")
    with Endpoint(IMAGE, tmp_path / "model", engine=engine) as endpoint:
        answer = endpoint.invoke("1,2", content_type="text/csv", headers={"Authorization": "secret"})
    said = json.loads(answer.body)
    assert (said["body"], said["model"]) == ("1,2", ["weights"])
    assert "authorization" not in said["headers"]


def test_endpoint_that_dies_says_why(tmp_path: Path, engine: DockerEngine) -> None:
    with (
        pytest.raises(UserError, match="exit code 1 before /ping answered 200: the model does not load"),
        Endpoint(IMAGE, tmp_path, environment={"BEHAVIOUR": "dies"}, engine=engine),
    ):
        pass


def test_xgboost_from_data_to_prediction(tmp_path: Path, engine: DockerEngine) -> None:
    rows = [(number % 7, number % 5) for number in range(200)]
    (tmp_path / "train.csv").write_text("".join(f"{3 * a - b},{a},{b}\n" for a, b in rows))
    request = Request(
        "xgboost", (Channel("train", tmp_path / "train.csv", "text/csv"),), {"num_round": "30", "eta": "0.5"}
    )
    result = TrainingJob(request, output=tmp_path / "jobs", engine=engine).run()
    assert (result.status, result.failure_reason) == ("Completed", "")
    assert len(result.history["train:rmse"]) == 30
    assert result.metrics["train:rmse"] < 0.5
    assert result.report is not None
    assert result.model is not None
    with Endpoint("xgboost", result.model, engine=engine) as endpoint:
        answer = endpoint.invoke("6,1\n0,4\n", content_type="text/csv", accept="text/csv")
        predictions = [float(text) for text in answer.body.decode().replace("\n", ",").strip(",").split(",")]
        assert predictions == pytest.approx([17, -4], abs=0.5)
        assert endpoint.stop() == 0
