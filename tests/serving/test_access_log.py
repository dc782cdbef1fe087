"""The access log: a line of JSON for each request, of which a client can forge nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from serving import predictions

ROW = b"1,2,3,4\n"


@pytest.fixture
def client(serve: Any) -> Any:
    return serve("binary:logistic")


@pytest.fixture(autouse=True)
def _log_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "serving.access")


def post(client: Any, body: bytes) -> Any:
    return client.post("/invocations", data=body, content_type="text/csv")


def test_log_line_holds_no_payload_and_forges_no_other(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    post(client, b"4711,2,3,4\n")
    client.post("/invocations", data=b"4711", content_type="text/csv")
    client.open("/invocations", method="POST", data=b"4711,x", content_type="text/csv\tforged")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["status"] for line in lines] == [200, 400, 415]
    assert not any("4711" in json.dumps(line) for line in lines)
    assert all(line["request_id"] for line in lines)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/ping", 405)])
def test_request_for_no_route_leaves_its_line_too(
    method: str, path: str, status: int, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.open(path, method=method).status_code == status
    (line,) = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (line["method"], line["path"], line["status"]) == (method, path, status)


def test_ping_that_is_well_is_not_logged(client: Any, capsys: Any) -> None:
    client.get("/ping")
    assert capsys.readouterr().err == ""


def test_log_line_holds_nothing_that_a_terminal_obeys(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/%c2%9b31mred%1b[0m")
    line = capsys.readouterr().err
    assert line.isascii()
    assert line.rstrip("\n").isprintable()
    assert "\\xc2\\x9b31mred" in json.loads(line)["path"]


def test_answer_that_breaks_off_is_said_to_in_the_log(
    serve: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 10)
    answer = post(serve("binary:logistic"), ROW * 50)
    next(answer.iter_encoded())
    answer.close()
    line = json.loads(capsys.readouterr().err)
    assert line["broke_off"] is True
    assert 0 < line["bytes_out"] < 500
