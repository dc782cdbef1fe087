from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.errors import UserError
from local_mode.deployment import Clock
from local_mode.invocation import Limits, ModelError
from local_mode.pipeline import Pipeline, Step
from local_mode.process_engine import ProcessEngine

Make = Callable[..., Pipeline]
HEADER = "X-Amzn-SageMaker-Target-Container-Hostname"


@pytest.fixture
def steps(tmp_path: Path) -> Callable[..., list[Step]]:
    """Steps of the fake algorithm, an environment each: `steps({}, {"BEHAVIOUR": "refuses"})`."""

    def steps(*environments: dict[str, str]) -> list[Step]:
        found = []
        for place, environment in enumerate(environments, 1):
            model = tmp_path / f"model-{place}"
            model.mkdir()
            (model / f"weights-{place}").touch()
            found.append(Step("fake", model, environment))
        return found

    return steps


@pytest.fixture
def three(steps: Callable[..., list[Step]], engine: ProcessEngine) -> Iterator[Pipeline]:
    types = ("application/x-one", "text/csv; charset=utf-8; header=absent", "application/json")
    with Pipeline(steps(*({"ANSWER_TYPE": name} for name in types)), engine=engine) as pipeline:
        yield pipeline


def chain(body: bytes) -> list[dict[str, Any]]:
    """What each container was sent, the last one's first: the fake puts what it got into its answer."""
    found = [json.loads(body)]
    while found[-1]["body"].startswith("{"):
        found.append(json.loads(found[-1]["body"]))
    return found


def test_each_answer_is_the_request_of_the_next(three: Pipeline) -> None:
    assert three.ping()
    assert len(set(three.urls)) == 3
    answer = three.invoke("1,2", content_type="text/csv", accept="application/x-wished", headers={"Cookie": "secret"})
    last, middle, first = chain(answer.body)
    assert (first["body"], answer.content_type) == ("1,2", "application/json")
    assert [one["model"] for one in (first, middle, last)] == [["weights-1"], ["weights-2"], ["weights-3"]]
    assert [one["headers"].get("content-type") for one in (first, middle, last)] == [
        "text/csv",
        "application/x-one",
        "text/csv; charset=utf-8; header=absent",
    ]
    assert [one["headers"].get("accept") for one in (first, middle, last)] == [None, None, "application/x-wished"]
    assert not [one for one in (first, middle, last) if "cookie" in one["headers"]]
    assert answer.headers == {"x-amzn-sagemaker-custom-attributes": "from the container"}


def test_custom_attributes_reach_every_container(three: Pipeline) -> None:
    name = "x-amzn-sagemaker-custom-attributes"
    answer = three.invoke("1", headers={name: "trace=7"})
    assert [one["headers"][name] for one in chain(answer.body)] == ["trace=7"] * 3


def test_first_refusal_ends_the_chain_and_names_its_container(
    steps: Callable[..., list[Step]], engine: ProcessEngine
) -> None:
    with Pipeline(steps({}, {"BEHAVIOUR": "refuses"}, {"BEHAVIOUR": "slow-answer"}), engine=engine) as pipeline:
        started = time.monotonic()
        with pytest.raises(ModelError, match=r"client error \(422\) from container-2 .*no row is good") as caught:
            pipeline.invoke("1,2")
        assert time.monotonic() - started < 0.5
        with pytest.raises(ModelError, match=r"client error \(400\) from container-1"):
            pipeline.invoke("bad row")
    assert (caught.value.container, caught.value.original_message) == ("container-2", "no row is good enough")


def test_time_limit_is_for_the_whole_chain(steps: Callable[..., list[Step]], engine: ProcessEngine) -> None:
    slow = {"BEHAVIOUR": "slow-answer"}
    with (
        Pipeline(steps(slow, slow), engine=engine, limits=Limits(seconds=0.9)) as pipeline,
        pytest.raises(ModelError, match="timed out while waiting for a response from container container-2"),
    ):
        pipeline.invoke("1")


def test_payload_limit_is_for_every_body(steps: Callable[..., list[Step]], engine: ProcessEngine) -> None:
    with Pipeline(steps({}, {}), engine=engine, limits=Limits(payload_bytes=50)) as pipeline:
        with pytest.raises(UserError, match="the body has 51 bytes: at most 50 are accepted"):
            pipeline.invoke("1" * 51)
        with pytest.raises(ModelError, match=r"from container-1 with message .the answer is over 50 bytes"):
            pipeline.invoke("1")


def test_pipeline_whose_second_container_does_not_come_up_leaves_none(
    steps: Callable[..., list[Step]], engine: ProcessEngine
) -> None:
    pipeline = Pipeline(steps({}, {"BEHAVIOUR": "dies"}), engine=engine)
    with pytest.raises(UserError, match=r"^container-2 ended with exit code 1 .*the model does not load"):
        pipeline.__enter__()
    assert [process.poll() for process in engine._running] == [137, 1]


def test_stop_ends_all_at_once(steps: Callable[..., list[Step]], engine: ProcessEngine) -> None:
    stubborn = {"BEHAVIOUR": "stubborn"}
    with Pipeline(steps(stubborn, {}, stubborn), engine=engine, clock=Clock(stop=0.5)) as pipeline:
        assert pipeline.exit_code() is None
        started = time.monotonic()
        assert pipeline.stop() == (137, 0, 137)
        assert time.monotonic() - started < 5
    assert pipeline.stop() == ()


def test_ping_and_exit_code_are_of_all(three: Pipeline, engine: ProcessEngine) -> None:
    engine._running[1].kill()
    assert engine._running[1].wait() == 137
    assert not three.ping()
    assert three.exit_code() == 137


def test_image_that_stays_on_its_port_is_first_or_nowhere(
    steps: Callable[..., list[Step]], engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "binds_to_port", lambda image: False)
    with (
        pytest.raises(UserError, match=r"image 'fake' cannot be container 2: .*accept-bind-to-port=true"),
        Pipeline(steps({}, {}), engine=engine),
    ):
        pass
    assert engine._running == []


@pytest.mark.parametrize("count", [0, 1, 16])
def test_pipeline_has_2_to_15_containers(count: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"a pipeline of {count} containers: accepted are 2 to 15"):
        Pipeline([Step("fake", tmp_path)] * count)


@pytest.mark.parametrize(
    ("hostname", "said"), [("a_b", "accepted are 1 to 63 letters"), ("container-1", "stands twice")]
)
def test_hostname_that_cannot_be(hostname: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        Pipeline([Step("fake", tmp_path), Step("fake", tmp_path, hostname=hostname)])


def test_direct_mode_asks_the_container_that_is_named(steps: Callable[..., list[Step]], engine: ProcessEngine) -> None:
    with Pipeline(steps({}, {}), direct=True, engine=engine) as pipeline:
        answer = pipeline.invoke("1", accept="x/y", target="container-2")
        assert json.loads(answer.body)["model"] == ["weights-2"]
        answer = pipeline.invoke("1", headers={HEADER: "container-1"})
        said = json.loads(answer.body)
        assert (said["model"], HEADER.lower() in said["headers"]) == (["weights-1"], False)
        for nobody in (None, "container-3"):
            with pytest.raises(UserError, match=r"names no container .*: accepted are container-1, container-2"):
                pipeline.invoke("1", target=nobody)


def test_chain_has_no_target(three: Pipeline) -> None:
    with pytest.raises(UserError, match="containers that form a chain are not asked one by one"):
        three.invoke("1", target="container-1")


def test_urls_are_for_inside_the_context(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the pipeline is not in service"):
        _ = Pipeline([Step("fake", tmp_path)] * 2).urls
