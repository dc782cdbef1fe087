"""The functions that a script may define, and how they are called.

Source: sagemaker-inference (Apache-2.0), `Transformer`: their names, their arguments, the context after them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from types import ModuleType
from typing import Any

from contract.errors import UserError
from serving.handlers import failures
from serving.handlers.context import Context

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "pre_model_fn": ("model_dir",),
    "model_fn": ("model_dir",),
    "model_warmup_fn": ("model_dir", "model"),
    "input_fn": ("body", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "body", "content_type", "accept"),
}
_AT_LOAD = ("pre_model_fn", "model_fn", "model_warmup_fn")
_STEPS = ("input_fn", "predict_fn", "output_fn")
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Hook:
    """One function of a script."""

    name: str
    function: Callable[..., Any]
    contextual: bool
    """Whether it takes the context after its arguments."""

    def __call__(self, context: Context, *arguments: object) -> Any:
        with failures.contained(self.name):
            return self.function(*arguments, context) if self.contextual else self.function(*arguments)


def of(module: ModuleType) -> dict[str, Hook]:
    """The hooks that `module` defines, by name. Raises UserError naming the function that cannot be one, and why."""
    found = {name: getattr(module, name) for name in ARGUMENTS if getattr(module, name, None) is not None}
    if "transform_fn" in found and (steps := [name for name in _STEPS if name in found]):
        raise _bad(
            f"transform_fn stands beside {', '.join(steps)}; it takes the place of all three: keep one or the other"
        )
    return {name: _hook(name, function) for name, function in found.items()}


def _hook(name: str, function: Any) -> Hook:
    if not callable(function):
        raise _bad(f"{name} is no function but {type(function).__name__}")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise _bad(f"{name} is async; define it with `def`: requests are answered one at a time in each worker")
    if name in _AT_LOAD and inspect.isgeneratorfunction(function):
        raise _bad(f"{name} is a generator, which nobody iterates; return the result")
    return Hook(name, function, _takes_context(name, function))


def _takes_context(name: str, function: Callable[..., Any]) -> bool:
    """Whether there is a parameter after the arguments. Raises UserError where they do not fit."""
    arguments = ARGUMENTS[name]
    parameters = inspect.signature(function).parameters.values()
    positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
    required = sum(parameter.default is Parameter.empty for parameter in positional)
    starred = any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters)
    named = any(p.kind is Parameter.KEYWORD_ONLY and p.default is Parameter.empty for p in parameters)
    if named or required > len(arguments) + 1 or (len(positional) < len(arguments) and not starred):
        raise _bad(
            f"{name}{inspect.signature(function)} cannot be called; expected {name}({', '.join(arguments)}) "
            f"or {name}({', '.join(arguments)}, context)"
        )
    return required > len(arguments) or len(positional) == len(arguments) + 1


def _bad(message: str) -> UserError:
    return UserError(message, where="model, script", code="bad_model")
