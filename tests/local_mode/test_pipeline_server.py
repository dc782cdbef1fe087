from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode import pipeline_server
from local_mode.invocation import Limits, ModelError, invoke
from local_mode.pipeline import Pipeline, Step
from local_mode.process_engine import ProcessEngine


@pytest.fixture
def pipeline(tmp_path: Path, engine: ProcessEngine) -> Iterator[Pipeline]:
    (tmp_path / "model").mkdir()
    with Pipeline([Step("fake", tmp_path / "model")] * 2, engine=engine) as pipeline:
        yield pipeline


@pytest.fixture
def url(pipeline: Pipeline) -> Iterator[str]:
    with pipeline_server.opened(pipeline, payload_bytes=1000) as url:
        yield url


def ask(url: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    address = url.removeprefix("http://")
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_door_leads_through_the_chain(url: str) -> None:
    assert ask(url, "GET", "/ping") == (200, "")
    answer = invoke(url, b"1,2", {"Content-Type": "text/csv", "Accept": "x/y"})
    last = json.loads(answer.body)
    assert json.loads(last["body"])["body"] == "1,2"
    assert (last["headers"]["accept"], answer.content_type) == ("x/y", "application/json")
    assert answer.headers == {"x-amzn-sagemaker-custom-attributes": "from the container"}


def test_refusal_keeps_its_status_and_names_the_container(url: str) -> None:
    with pytest.raises(ModelError, match=r"client error \(400\) from container-1 with message") as caught:
        invoke(url, b"bad row", {})
    assert caught.value.original_status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "said"),
    [
        ("GET", "/other", None, {}, 404, "accepted is GET /ping"),
        ("POST", "/ping", b"1", {}, 404, "accepted is POST /invocations"),
        ("POST", "/invocations", b"1" * 1001, {}, 413, "at most 1000 are accepted"),
        ("POST", "/invocations", b"1", {"Content_Length": "-1"}, 411, "accepted is the body's number of bytes"),
        ("POST", "/invocations", b"1", {"Content_Length": "9" * 30}, 411, "accepted is the body's number of bytes"),
        ("POST", "/invocations", b"1", {"X_Amzn_SageMaker_Target_Container_Hostname": "a"}, 400, "form a chain"),
        ("PUT", "/invocations", b"1", {}, 501, ""),
    ],
)
def test_what_is_refused(
    method: str, path: str, body: bytes | None, headers: dict[str, str], status: int, said: str, url: str
) -> None:
    answered, text = ask(url, method, path, body, **headers)
    assert (answered, said in text) == (status, True)


def test_body_that_is_too_long_is_refused_before_it_is_sent(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        assert client.makefile("rb").readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"


def test_container_that_is_gone_is_said(url: str, engine: ProcessEngine) -> None:
    engine._running[1].kill()
    engine._running[1].wait()
    assert ask(url, "GET", "/ping")[0] == 503
    status, said = ask(url, "POST", "/invocations", b"1")
    assert (status, json.loads(said)["error"]["code"]) == (503, "platform_error")


def test_answer_that_is_none_is_a_bad_gateway(tmp_path: Path, engine: ProcessEngine) -> None:
    (tmp_path / "model").mkdir()
    steps = [Step("fake", tmp_path / "model", {"BEHAVIOUR": "slow-answer"})] * 2
    with (
        Pipeline(steps, engine=engine, limits=Limits(seconds=0.2)) as pipeline,
        pipeline_server.opened(pipeline) as url,
    ):
        status, said = ask(url, "POST", "/invocations", b"1")
    assert (status, "timed out" in said) == (502, True)


def test_taken_port_is_refused(pipeline: Pipeline) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken"), pipeline_server.opened(pipeline, port):
            pass
