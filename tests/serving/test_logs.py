from __future__ import annotations

import json
import logging

import pytest

from serving import logs


def line(message: str, **more: object) -> str:
    record = logging.LogRecord("serving", logging.WARNING, "", 0, message, (), None)
    record.__dict__.update(more)
    return logs.JsonFormatter().format(record)


def test_a_line_is_one_json_object_whatever_it_quotes() -> None:
    text = line('a\r\nb "c" \x1b[31m', fields={"request_id": "7"})
    assert "\n" not in text
    assert "\x1b" not in text
    entry = json.loads(text)
    assert entry["message"] == 'a\r\nb "c" \x1b[31m'
    assert (entry["level"], entry["logger"], entry["request_id"]) == ("warning", "serving", "7")


@pytest.mark.parametrize(
    ("text", "expected"), [("", 20), ("10", 10), ("DEBUG", 10), ("warning", 30), ("loud", 20), ("-5", 20)]
)
def test_level_is_a_number_or_a_name(text: str, expected: int) -> None:
    assert logs.level({"SAGEMAKER_CONTAINER_LOG_LEVEL": text}) == expected
    assert logs.level({}) == logging.INFO
