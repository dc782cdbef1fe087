"""How a hook is called follows from its signature."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from contract.errors import AlgorithmError
from serving.handlers import hooks
from serving.handlers.context import Context

CONTEXT = Context(Path("/model"))


class Callable_:  # noqa: N801 - an object that is called, not a function
    def __call__(self, data: Any, model: Any) -> Any:
        return (data, model)


def keyword_last(data: Any, model: Any, *, scale: int = 2) -> Any:
    return (data, model)


@pytest.mark.parametrize(
    ("function", "contextual"),
    [
        (lambda data, model: (data, model), False),
        (lambda data, model=None: (data, model), False),
        (lambda data, model, context: (data, model), True),
        (lambda data, model, context=None: (data, model), True),
        (lambda data, model, anything, /: (data, model), True),
        (lambda data, model, one=1, two=2: (data, model), False),
        (lambda *arguments: arguments, False),
        (lambda data, *rest: (data, *rest), False),
        (lambda data, model, **options: (data, model), False),
        (keyword_last, False),
        (partial(lambda scale, data, model: (data, model), 2), False),
        (Callable_(), False),
    ],
)
def test_the_context_comes_after_the_arguments(function: Callable[..., Any], contextual: bool) -> None:
    module = ModuleType("inference")
    module.predict_fn = function  # type: ignore[attr-defined]  # a script's function
    found = hooks.of(module)
    assert list(found) == ["predict_fn"]
    assert found["predict_fn"].contextual == contextual
    assert found["predict_fn"](CONTEXT, 1, 2) == (1, 2)


def test_names_that_are_none_are_not_defined() -> None:
    module = ModuleType("inference")
    module.transform_fn = module.predict_fn = None  # type: ignore[attr-defined]  # a script's names
    assert hooks.of(module) == {}


def test_leaving_the_program_is_an_error() -> None:
    hook = hooks.Hook("predict_fn", lambda data, model: sys.exit(0), contextual=False)
    with pytest.raises(AlgorithmError, match=r"predict_fn raised SystemExit"):
        hook(CONTEXT, 1, 2)
