"""{str: str} -> a typed frozen dataclass. One declaration gives validation, the tuning ranges and the documents' table.

An algorithm declares its hyperparameters as a dataclass (`@dataclass(frozen=True, kw_only=True)`), each field made by
`hyperparameter`. A field whose default is None and that was not given is None and is not passed to the library.
Dependent pairs go in a method `check`, which raises UserError.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from contract import limits
from contract.errors import UserError, show
from contract.hyperparameter_values import AUTO, Bounds, Kind, accepted, convert
from contract.metric import Metric

__all__ = [
    "TUNING_OBJECTIVE",
    "Hyperparameter",
    "Metric",
    "Tunable",
    "declared",
    "given",
    "hyperparameter",
    "parse",
    "write",
]

TUNING_OBJECTIVE = "_tuning_objective_metric"
"""Added by a tuning job: the name of the metric it optimises, such as `validation:auc`."""
PLATFORM_PREFIX = "sagemaker_"
_KEY = "hyperparameter"

Scale = Literal["Auto", "Linear", "Logarithmic"]
T = TypeVar("T")


@dataclass(frozen=True)
class Tunable:
    """A recommended tuning range, both ends included; or, where `values` are given, a choice among them."""

    minimum: float = 0.0
    maximum: float = 1.0
    scale: Scale = "Auto"
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hyperparameter:
    """One declaration. `name` is SageMaker's, `field` the dataclass's."""

    name: str
    field: str
    kind: Kind
    default: Any
    required: bool
    library_default: str
    aliases: tuple[str, ...]
    meaning: str
    tunable: Tunable | None
    ours: bool
    hidden: bool

    @property
    def accepts(self) -> str:
        """What is accepted, in words: `integer, 0 and up`."""
        return accepted(self.kind)


@runtime_checkable
class _Checked(Protocol):
    def check(self) -> None: ...


def hyperparameter(
    default: Any = MISSING,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] | None = None,
    reads: Callable[[str], object] | None = None,
    form: str = "",
    auto: bool = False,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    meaning: str = "",
    library_default: str = "",
    tunable: Tunable | None = None,
    ours: bool = False,
    hidden: bool = False,
) -> Any:
    """Declare one hyperparameter; without a default it is required. The field's annotation gives the type.

    `minimum` and `maximum` are accepted themselves, `above` and `below` are not. `auto`: so is the word, and means what
    the default None means. `reads` parses a form of its own, described by `form`, and raises ValueError saying what is
    wrong. `library_default` is what the library takes where nothing is given (for the documents only). `ours` marks
    what SageMaker's own image does not have, `hidden` what the platform sets and the documents leave out.
    """
    declaration = {
        "name": name,
        "kind": Kind(str, False, Bounds(minimum, maximum, above, below), choices, reads, form, auto),
        "aliases": aliases,
        "meaning": meaning,
        "library_default": library_default or (AUTO if auto else ""),
        "tunable": tunable,
        "ours": ours,
        "hidden": hidden,
    }
    return dataclasses.field(default=default, metadata={_KEY: declaration})


def declared(cls: type) -> tuple[Hyperparameter, ...]:
    """The declarations of a class, in order."""
    hints = typing.get_type_hints(cls)
    return tuple(_declaration(field, hints[field.name]) for field in dataclasses.fields(cls) if _KEY in field.metadata)


def parse(cls: type[T], raw: Mapping[str, str]) -> T:
    """The instance that the strings of hyperparameters.json describe. Raises UserError for the first thing wrong.

    Keys that the platform adds (`sagemaker_*`, `_tuning_objective_metric`) are ignored where the class declares none.
    """
    _check_size(raw)
    declarations = declared(cls)
    known = {key: item for item in declarations for key in (item.name, *item.aliases)}
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for key, text in raw.items():
        item = known.get(key)
        if item is None:
            if not _of_platform(key):
                raise _unknown(key, known)
            continue
        if item.field in values:
            raise _error(keys[item.field], f"is given once more as {key!r}; keep one of the two")
        keys[item.field] = key
        values[item.field] = _value(key, text, item)
    for item in declarations:
        if item.required and item.field not in values:
            raise _error(item.name, f"is required and missing ({item.accepts})")
    instance = cls(**values)
    if isinstance(instance, _Checked):
        instance.check()
    return instance


def given(instance: object) -> dict[str, Any]:
    """Name -> value of every hyperparameter that was given a value other than its default."""
    pairs = ((item, getattr(instance, item.field)) for item in declared(type(instance)))
    return {item.name: value for item, value in pairs if value != item.default}


def write(value: object) -> str:
    """A value as a job's request says it: `true`, `auc,logloss`, `0.2`, `[[0,1],[2]]`."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value)
    if any(isinstance(part, tuple) for part in value):
        return json.dumps(value, separators=(",", ":"))
    return ",".join(map(write, value))


def _declaration(field: dataclasses.Field[Any], hint: Any) -> Hyperparameter:
    declaration = dict(field.metadata[_KEY])
    kind, many = _type(hint)
    name = declaration.pop("name") or field.name
    declared_kind = dataclasses.replace(declaration.pop("kind"), type=kind, many=many)
    required = field.default is MISSING
    default = None if required else field.default
    return Hyperparameter(
        name=name, field=field.name, kind=declared_kind, default=default, required=required, **declaration
    )


def _type(hint: Any) -> tuple[type, bool]:
    """(int, False) of `int | None`, (float, True) of `tuple[float, ...]`."""
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is tuple:
        element = typing.get_args(hint)[0]
        return (element if isinstance(element, type) else str), True
    return hint, False


def _check_size(raw: Mapping[str, str]) -> None:
    """SageMaker refuses these sizes when the job is made; a file written by hand meets the same limits here."""
    count = sum(key != TUNING_OBJECTIVE for key in raw)
    if count > limits.HYPERPARAMETER_COUNT:
        message = f"{count} hyperparameters are given; SageMaker accepts at most {limits.HYPERPARAMETER_COUNT}"
        raise UserError(message, code="bad_hyperparameter")
    for key, text in raw.items():
        if len(key) > limits.HYPERPARAMETER_NAME_CHARACTERS:
            limit = limits.HYPERPARAMETER_NAME_CHARACTERS
            raise _error(key, f"has a name of {len(key)} characters; SageMaker accepts at most {limit}")
        if len(text) > limits.HYPERPARAMETER_VALUE_CHARACTERS:
            limit = limits.HYPERPARAMETER_VALUE_CHARACTERS
            raise _error(key, f"has a value of {len(text)} characters; SageMaker accepts at most {limit}")


def _of_platform(key: str) -> bool:
    return key.startswith(PLATFORM_PREFIX) or key == TUNING_OBJECTIVE


def _value(key: str, text: str, item: Hyperparameter) -> object:
    try:
        return convert(text, item.kind)
    except ValueError as error:
        raise UserError(f"hyperparameter {show(key)}: {error}", code="bad_hyperparameter") from None


def _unknown(key: str, known: Iterable[str]) -> UserError:
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower(), folded, n=1)
    if near:
        return _error(key, f"is unknown; did you mean {folded[near[0]]!r}?")
    return _error(key, "is unknown; the image's program `hyperparameters` lists those that are accepted")


def _error(key: str, problem: str) -> UserError:
    return UserError(f"hyperparameter {show(key)} {problem}", code="bad_hyperparameter")
