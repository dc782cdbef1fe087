"""What a script's functions may return and raise, and what the client is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serving.handlers import ClientError, replies
from serving.handlers.context import RequestProcessor

Load = Callable[..., Any]


@pytest.fixture
def client(load: Load) -> Any:
    return load("failing", algorithm="")


@pytest.mark.parametrize(
    ("body", "data"), [("text", b"text"), ("bytearray", b"bytes"), ("list", b"[1,2]"), ("status 503", b"told")]
)
def test_bytes_text_and_json_are_answered(client: Any, post: Load, body: str, data: bytes) -> None:
    assert post(client, body.encode()).data == data


@pytest.mark.parametrize(
    ("status", "phrase", "code"),
    [(400, "Bad Request", "bad_request"), (422, None, None), (499, "Client Error", "client_error")],
)
def test_client_error_is_the_scripts_to_raise(
    client: Any, post: Load, status: int, phrase: str | None, code: str | None
) -> None:
    answer = post(client, str(status).encode())
    assert answer.status_code == status
    assert phrase is None or answer.status == f"{status} {phrase}"
    assert code is None or answer.json["error"]["code"] == code
    assert answer.json["error"]["message"] == "the sender is at fault: é"


@pytest.mark.parametrize(
    ("body", "logged"),
    [
        ("value error", "in predict_fn"),
        ("exit", "predict_fn raised SystemExit"),
        ("recursion", "RecursionError"),
        ("200", "status 200 is none of a client's errors; expected 400 to 499"),
        ("nothing", "output_fn returned NoneType; expected bytes, str"),
        ("number", "output_fn returned int; expected bytes"),
        ("set", "output_fn returned set; expected bytes"),
        ("dict", "output_fn returned what cannot be written as JSON"),
        ("triple", "output_fn returned tuple; expected bytes"),
        ("header", "output_fn returned a content type"),
        ("large", "output_fn returned 104857601 bytes; expected 104857600 at most"),
        ("status 302", "status 302 cannot be answered"),
        ("status 204", "status 204 cannot be answered"),
        ("attributes", "expected up to 1024 printable ASCII characters"),
    ],
)
def test_any_other_failure_is_500_and_its_cause_in_the_log(
    client: Any, post: Load, caplog: pytest.LogCaptureFixture, body: str, logged: str
) -> None:
    answer = post(client, body.encode())
    assert answer.status_code == 500
    error = json.loads(answer.data)["error"]
    assert error["message"].startswith("the server failed on this request; its log says why under request id ")
    assert "s3cr3t" not in answer.text
    assert logged in caplog.text


def test_a_context_sets_any_error(client: Any, post: Load) -> None:
    assert post(client, b"status 503").status == "503 Service Unavailable"
    assert post(client, b"status 418").status == "418 I'm a Teapot"


def test_pieces_are_streamed(load: Load, post: Load) -> None:
    answer = post(load("streaming", algorithm=""), b"3")
    assert answer.data == b"piece 0\npiece 1\npiece 2\n"
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("body", [b"0,fail", b"0,exit"])
def test_a_failure_before_the_first_piece_is_500(load: Load, post: Load, body: bytes) -> None:
    assert post(load("streaming", algorithm=""), body).status_code == 500


def test_pieces_are_computed_as_they_are_asked_for() -> None:
    asked = []

    def pieces() -> Iterator[str]:
        for number in range(3):
            asked.append(number)
            yield str(number)

    chunks = replies.build(pieces(), "output_fn", "text/plain", RequestProcessor({})).chunks
    assert asked == [0]
    assert chunks is not None
    assert list(chunks) == [b"0", b"1", b"2"]


@pytest.mark.parametrize("status", [200, 399, 500])
def test_client_error_takes_no_other_status(status: int) -> None:
    with pytest.raises(ValueError, match=f"status {status} is none of a client's errors"):
        ClientError("x", status)
