"""Inference pipelines of real containers, and a course's project with one: letters by their principal components."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient
from rich.console import Console

from containers.build import daemon, images
from contract.errors import UserError
from local_mode import scores
from local_mode.demo import letters
from local_mode.demo.show import Rounds, Show
from local_mode.demo.stage import Stage
from local_mode.docker_engine import OWNER, DockerEngine
from local_mode.invocation import ModelError
from local_mode.pipeline import Pipeline, Step
from local_mode.samples.letters import records

pytestmark = pytest.mark.engine
QUICK = letters.CLASSIFIER | {"num_round": "5", "max_depth": "4"}
STUBBORN = """\
FROM {base}
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=false
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    connected = daemon.connect()
    assert connected is not None
    with DockerEngine(connected) as engine:
        yield engine


@pytest.fixture(scope="module")
def stage(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    show = Show(Console(record=True, width=100))
    return Stage(show, engine, Rounds(show), tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def told(stage: Stage) -> letters.Told:
    """The project on the first 2,000 letters; it leaves pca.tar.gz and xgboost.tar.gz in the stage's folder."""
    return letters.learn(stage, *records.read(rows=2000), QUICK)


@pytest.fixture
def steps(told: letters.Told, stage: Stage) -> list[Step]:
    first = Step("pca", stage.folder / "pca.tar.gz", letters.ENVIRONMENT)
    return [first, Step("xgboost", stage.folder / "xgboost.tar.gz")]


def left(client: DockerClient, engine: DockerEngine) -> int:
    """How many containers of the engine there are."""
    label = f"{OWNER}={engine.labels[OWNER]}"
    return len(client.containers.list(all=True, filters={"label": label}))


def test_pipeline_answers_as_its_steps_do_one_by_one(told: letters.Told) -> None:
    assert told.pipeline == told.components
    assert scores.accuracy(told.true, told.components) > 0.5
    assert scores.accuracy(told.true, told.raw) > 0.6


def test_containers_share_a_network_and_have_ports_of_their_own(
    steps: list[Step], engine: DockerEngine, docker_client: DockerClient
) -> None:
    with Pipeline(steps, engine=engine) as pipeline:
        assert pipeline.ping()
        assert left(docker_client, engine) == 2
        first, second = (running._container for running in pipeline._running)  # type: ignore[attr-defined] # Docker's
        settings = second.attrs["HostConfig"]["NetworkMode"], second.attrs["Config"]["Env"]
        assert settings[0] == f"container:{first.id}"
        assert {"SAGEMAKER_BIND_TO_PORT=8180", "SAGEMAKER_SAFE_PORT_RANGE=8181-8279"} <= set(settings[1])
        with pytest.raises(ModelError, match=r"client error \(400\) from container-1 with message"):
            pipeline.invoke("1,2", content_type="text/csv")
        assert pipeline.stop() == (0, 0)
    assert left(docker_client, engine) == 0


def test_answer_that_is_no_request_is_refused_by_the_next(steps: list[Step], engine: DockerEngine) -> None:
    """What PCA answers where nobody says otherwise, which holds projections and no instances."""
    body = ",".join(["1"] * records.FEATURES)
    with (
        Pipeline([Step("pca", steps[0].model), steps[1]], engine=engine) as pipeline,
        pytest.raises(ModelError, match=r"client error \(400\) from container-2 with message"),
    ):
        pipeline.invoke(body, content_type="text/csv")


def test_container_that_dies_ends_the_pipeline(
    steps: list[Step], engine: DockerEngine, docker_client: DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(UserError, match=r"^container-2 ended with exit code 1 before /ping answered 200: serve: "):
        Pipeline([steps[0], Step("xgboost", tmp_path / "model")], engine=engine).__enter__()
    assert left(docker_client, engine) == 0


def test_image_without_the_label_can_only_be_the_first(
    steps: list[Step], engine: DockerEngine, docker_client: DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(STUBBORN.format(base=images.reference("xgboost")))
    docker_client.images.build(path=str(tmp_path), tag="sagemaker-stubborn:test", rm=True)
    try:
        with pytest.raises(UserError, match="image 'sagemaker-stubborn:test' cannot be container 2"):
            Pipeline([steps[0], Step("sagemaker-stubborn:test", steps[1].model)], engine=engine).__enter__()
        assert left(docker_client, engine) == 0
    finally:
        docker_client.images.remove("sagemaker-stubborn:test")


def test_image_that_is_not_there_leaves_nothing(
    steps: list[Step], engine: DockerEngine, docker_client: DockerClient
) -> None:
    with pytest.raises(UserError, match="the image is not in this engine"):
        Pipeline([steps[0], Step("no-such:1", steps[1].model)], engine=engine).__enter__()
    assert left(docker_client, engine) == 0
