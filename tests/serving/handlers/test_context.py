"""The context as scripts of sagemaker-inference use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.handlers.context import Context
from serving.invocation import ATTRIBUTES, Invocation


@pytest.fixture
def context() -> Context:
    return Context(Path("/opt/ml/model"), Invocation(b"", "text/csv", "application/json", "a=1", "id-7"))


def test_tells_of_the_request(context: Context) -> None:
    assert context.system_properties["model_dir"] == "/opt/ml/model"
    assert context.get_request_id() == context.request_ids[0] == "id-7"
    assert context.get_request_header(0, "CONTENT-TYPE") == "text/csv"
    assert context.get_request_header(0, "X-Else") is None
    assert context.get_all_request_header(0)["Accept"] == "application/json"
    assert context.request_processor[0].get_request_properties() == context.get_all_request_header(0)


def test_takes_what_the_answer_is_to_be(context: Context) -> None:
    assert context.get_response_status(0) == (200, "OK")
    assert context.get_response_content_type(0) is None
    context.set_response_content_type(0, "text/plain")
    context.set_all_response_status(404)
    context.set_response_header(0, ATTRIBUTES.upper(), "b=2")
    assert context.get_response_status(0) == (404, "Not Found")
    assert context.get_response_content_type(0) == "text/plain"
    assert context.get_response_headers(0) == {"content-type": "text/plain", ATTRIBUTES: "b=2"}


@pytest.mark.parametrize("value", ["a\r\nX-Forged: 1", "é", "a" * 1025, "a\0b"])
def test_no_header_is_forged(context: Context, value: str) -> None:
    with pytest.raises(ValueError, match="expected up to 1024 printable ASCII characters in one line"):
        context.set_response_header(0, ATTRIBUTES, value)
    with pytest.raises(ValueError, match="expected up to 1024"):
        context.set_response_content_type(0, value)


@pytest.mark.parametrize("status", [0, 100, 199, 204, 205, 301, 304, 600])
def test_no_status_without_a_body(context: Context, status: int) -> None:
    with pytest.raises(ValueError, match=f"status {status} cannot be answered"):
        context.set_response_status(status)


def test_a_phrase_is_one_line(context: Context) -> None:
    context.set_response_status(400, "No\r\nX-Forged: 1")
    assert context.get_response_status(0) == (400, "No X-Forged: 1")
    context.set_response_status(299)
    assert context.get_response_status(0) == (299, "Status")
