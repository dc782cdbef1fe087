"""The text of one hyperparameter -> its value. SageMaker passes strings, which the SDK may have quoted once more.

Numbers are finite ASCII decimals: `nan`, `inf`, hex, underscores and other scripts' digits are refused. An integer is
written without point or exponent (`1e3` and `5.0` are refused, as SageMaker's own images refuse them, with the integer
to write instead). Booleans are true, false, 1, 0 in any case. Lists are comma-separated or JSON.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import show

AUTO = "auto"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_WORDS = {int: "integer", float: "number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class Bounds:
    """`minimum` and `maximum` belong to the range, `above` and `below` do not."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Kind:
    """What a value must be. `many`: a list of `type`. `reads`: its own parser, with `form` to say what it takes."""

    type: type
    many: bool = False
    bounds: Bounds = Bounds()
    choices: tuple[str, ...] | None = None
    reads: Callable[[str], object] | None = None
    form: str = ""
    auto: bool = False
    """Whether the word `auto` may stand for it; it means what leaving it out means."""


def convert(text: str, kind: Kind) -> object:
    """The value of `text`, None for `auto`. Raises ValueError: the value, what is wrong with it, what is accepted."""
    plain = _unquote(text)
    if kind.auto and plain == AUTO:
        return None
    if kind.reads is not None:
        try:
            return kind.reads(plain)
        except ValueError as error:
            raise ValueError(f"{show(plain)} {error} ({accepted(kind)})") from None
    if not kind.many:
        return _single(plain, kind)
    values = tuple(_single(part, kind) for part in _split(plain))
    if not values:
        raise ValueError(f"{show(plain)} is an empty list ({accepted(kind)})")
    return values


def accepted(kind: Kind) -> str:
    """In words: `integer, 0 and up`, `number, above 0 and up to 1`, `one of 'hist', 'exact'`."""
    what = kind.form or _accepted(kind)
    return f"{AUTO!r}, or {what}" if kind.auto else what


def _accepted(kind: Kind) -> str:
    if kind.choices:
        what = "one of " + ", ".join(map(repr, kind.choices))
    else:
        what = ", ".join(filter(None, (_WORDS[kind.type], _range(kind.bounds))))
    return f"comma-separated list, each {what}" if kind.many else what


def _single(text: str, kind: Kind) -> object:
    if kind.type is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError(f"{show(text)} is not a boolean ({accepted(kind)})")
        return _BOOLEANS[text.lower()]
    if kind.type is str:
        return _text(text, kind)
    value = _integer(text, kind) if kind.type is int else _number(text, kind)
    _check_bounds(text, value, kind)
    return value


def _text(text: str, kind: Kind) -> str:
    if kind.choices is None or text in kind.choices:
        return text
    near = difflib.get_close_matches(text, kind.choices, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{show(text)} is not accepted{hint} ({accepted(kind)})")


def _integer(text: str, kind: Kind) -> int:
    if _INTEGER.fullmatch(text):
        return int(text)
    hint = ""
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)) and value.is_integer() and abs(value) < 1e15:
        hint = f"; write '{int(value)}'"
    raise ValueError(f"{show(text)} is not an integer{hint} ({accepted(kind)})")


def _number(text: str, kind: Kind) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(f"{show(text)} is not a finite decimal number ({accepted(kind)})")
    return value


def _check_bounds(text: str, value: float, kind: Kind) -> None:
    bounds = kind.bounds
    problem = ""
    if bounds.minimum is not None and value < bounds.minimum:
        problem = f"below the minimum {bounds.minimum:.15g}"
    elif bounds.maximum is not None and value > bounds.maximum:
        problem = f"above the maximum {bounds.maximum:.15g}"
    elif bounds.above is not None and value <= bounds.above:
        problem = f"not above {bounds.above:.15g}"
    elif bounds.below is not None and value >= bounds.below:
        problem = f"not below {bounds.below:.15g}"
    if problem:
        raise ValueError(f"{show(text)} is {problem} ({accepted(kind)})")


def _range(bounds: Bounds) -> str:
    low = "" if bounds.above is None else f"above {bounds.above:.15g}"
    if bounds.minimum is not None:
        low = f"{bounds.minimum:.15g}"
    high = "" if bounds.below is None else f"below {bounds.below:.15g}"
    if bounds.maximum is not None:
        high = f"{bounds.maximum:.15g}"
    if bounds.minimum is not None:
        return f"{low} to {high}" if high and bounds.below is None else f"{low} and up" + (high and f", {high}")
    up_to = f"up to {high}" if bounds.maximum is not None else high
    return " and ".join(filter(None, (low, up_to)))


def _unquote(text: str) -> str:
    """The SDK sends JSON: `5` may come as `"5"` with its quotes."""
    plain = text.strip()
    if len(plain) >= 2 and plain[0] == plain[-1] == '"':
        try:
            inner = json.loads(plain)
        except ValueError:
            return plain
        if isinstance(inner, str):
            return inner.strip()
    return plain


def _split(text: str) -> list[str]:
    """The items of `a,b` or `["a", "b"]`."""
    if not (text.startswith("[") and text.endswith("]")):
        return [part.strip() for part in text.split(",")] if text else []
    return [part.strip().strip("\"'").strip() for part in text[1:-1].split(",") if part.strip()]
