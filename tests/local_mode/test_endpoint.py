from __future__ import annotations

import json
import socket
import tarfile
import time
from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode.deployment import Clock
from local_mode.endpoint import Endpoint
from local_mode.invocation import Limits, ModelError
from local_mode.process_engine import ProcessEngine


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "weights").write_text("1")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "weights", "weights")
    return tmp_path / "model.tar.gz"


def test_invocation_goes_there_and_back(model: Path, engine: ProcessEngine) -> None:
    with Endpoint("fake", model, engine=engine) as endpoint:
        answer = endpoint.invoke(
            "1,2", content_type="text/csv", accept="application/json", headers={"Authorization": "secret"}
        )
        assert endpoint.ping()
    said = json.loads(answer.body)
    assert (said["body"], said["model"]) == ("1,2", ["weights"])
    assert said["headers"].keys() == {"host", "content-length", "content-type", "accept"}
    assert answer.content_type == "application/json"
    assert answer.headers == {"x-amzn-sagemaker-custom-attributes": "from the container"}


def test_refusal_of_the_container_is_a_model_error(model: Path, engine: ProcessEngine) -> None:
    with Endpoint("fake", model, engine=engine) as endpoint, pytest.raises(ModelError) as caught:
        endpoint.invoke("bad row")
    assert caught.value.original_status_code == 400
    assert caught.value.original_message == '{"error": "bad row"}'


def test_time_limit_holds_for_the_whole_answer(model: Path, engine: ProcessEngine) -> None:
    with Endpoint("fake", model, engine=engine, limits=Limits(seconds=0.5)) as endpoint:
        started = time.monotonic()
        with pytest.raises(ModelError, match="timed out while waiting for a response"):
            endpoint.invoke("dribble")
        assert time.monotonic() - started < 5


def test_taken_port_is_not_mistaken_for_the_endpoint(model: Path, engine: ProcessEngine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(UserError, match=f"port {port} is taken"),
            Endpoint("fake", model, engine=engine, port=port),
        ):
            pass


def test_answer_over_the_limit_is_refused(model: Path, engine: ProcessEngine) -> None:
    with (
        Endpoint("fake", model, engine=engine, limits=Limits(payload_bytes=50)) as endpoint,
        pytest.raises(ModelError, match="the answer is over 50 bytes"),
    ):
        endpoint.invoke("1,2,3")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("dies", "ended with exit code 1 before /ping answered 200: the model does not load"),
        ("never-ready", r"did not answer 200 within 0.5 s in the first 1 s"),
        ("slow-ping", r"did not answer 200 within 0.5 s in the first 1 s"),
    ],
)
def test_endpoint_that_does_not_come_up_says_why(behaviour: str, said: str, model: Path, engine: ProcessEngine) -> None:
    endpoint = Endpoint(
        "fake", model, environment={"BEHAVIOUR": behaviour}, clock=Clock(ping=0.5, startup=1.0, stop=5.0), engine=engine
    )
    with pytest.raises(UserError, match=said), endpoint:
        pass


def test_stop_kills_what_ignores_sigterm(model: Path, engine: ProcessEngine) -> None:
    clock = Clock(stop=0.5)
    with Endpoint("fake", model, environment={"BEHAVIOUR": "stubborn"}, clock=clock, engine=engine) as endpoint:
        assert endpoint.exit_code() is None
        assert endpoint.stop() == 137
    with Endpoint("fake", model, engine=engine) as endpoint:
        assert endpoint.stop() == 0


def test_model_that_is_not_there(tmp_path: Path, engine: ProcessEngine) -> None:
    with pytest.raises(UserError, match="does not exist"), Endpoint("fake", tmp_path / "no", engine=engine):
        pass


def test_url_is_for_inside_the_context(model: Path, engine: ProcessEngine) -> None:
    with pytest.raises(UserError, match="not in service"):
        _ = Endpoint("fake", model, engine=engine).url
