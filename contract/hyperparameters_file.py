"""hyperparameters.json -> {str: str}, the strings exactly as they stand.

The service writes an object of strings. In a file written by hand a number, a boolean, a list or an object stands for
its JSON text (`0.10` stays `0.10`); null is refused, since leaving the key out is what says "not given".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract.errors import UserError, show

_NAME = "hyperparameters.json"


class _Literal(str):
    """A JSON number as it was written."""

    __slots__ = ()


def read(path: Path) -> dict[str, str]:
    """The hyperparameters of a job. Raises UserError naming the file, and the key where one is at fault."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _bad(f"there is no file {path}; a job without hyperparameters has one that holds {{}}") from None
    except OSError as error:
        raise _bad(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _bad(
            f"{_NAME} is not UTF-8: byte {error.start} is {show(error.object[error.start : error.start + 1])}"
        ) from None
    return {key: _text(key, value) for key, value in _object(text).items()}


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(
            text, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        raise _bad(f"{_NAME} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise _bad(f"{_NAME} nests its values too deeply; expected an object of strings") from None
    if not isinstance(document, dict):
        raise _bad(f'{_NAME} is not a JSON object; expected one of strings, such as {{"num_round": "100"}}')
    return document


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise _bad(f"{_NAME} has the key {show(key)} twice; keep one of the two")
        document[key] = value
    return document


def _text(key: str, value: object) -> str:
    if value is None:
        raise _bad(f"{_NAME} has null for {show(key)}; leave the key out, or give its value as a string")
    return str(value) if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    """The JSON text of a list, an object or a boolean; numbers inside stay as they were written."""
    if isinstance(value, _Literal):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_json(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)


def _bad(problem: str) -> UserError:
    return UserError(problem, code="bad_hyperparameter")
