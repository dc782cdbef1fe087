"""Declared hyperparameters and metrics as SageMaker's API takes them (CreateAlgorithm's TrainingSpecification)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contract import limits
from contract.hyperparameter_values import AUTO, Bounds, convert
from contract.hyperparameters import Hyperparameter, declared
from contract.metric import Metric

_INTEGER_LIMITS = (-(2**31), 2**31 - 1)
_NUMBER_LIMITS = (-3.4e38, 3.4e38)
"""The API asks for both ends of a range; these stand for an end that is open."""
_TYPES = {int: "Integer", float: "Continuous", bool: "Categorical", str: "FreeText"}


def hyperparameters(cls: type) -> list[dict[str, Any]]:
    """SupportedHyperParameters: every declaration that is not hidden."""
    return [_hyperparameter(item) for item in declared(cls) if not item.hidden]


def tuning_ranges(cls: type) -> dict[str, list[dict[str, Any]]]:
    """The recommended ranges, as a tuning job's ParameterRanges."""
    ranges: dict[str, list[dict[str, Any]]] = {"IntegerParameterRanges": [], "ContinuousParameterRanges": []}
    for item in declared(cls):
        if item.tunable is not None and item.tunable.values:
            entry: dict[str, Any] = {"Name": item.name, "Values": list(item.tunable.values)}
            ranges.setdefault("CategoricalParameterRanges", []).append(entry)
        elif item.tunable is not None:
            entry = {
                "Name": item.name,
                "MinValue": f"{item.tunable.minimum:g}",
                "MaxValue": f"{item.tunable.maximum:g}",
                "ScalingType": item.tunable.scale,
            }
            ranges[f"{_type(item)}ParameterRanges"].append(entry)
    return ranges


def metric_definitions(metrics: Sequence[Metric]) -> list[dict[str, str]]:
    """MetricDefinitions: the first ones, as many as the API takes."""
    return [{"Name": metric.name, "Regex": metric.regex} for metric in _defined(metrics)]


def tuning_objectives(metrics: Sequence[Metric]) -> list[dict[str, str]]:
    """SupportedTuningJobObjectiveMetrics: those of the definitions that may be an objective."""
    return [{"Type": metric.direction, "MetricName": metric.name} for metric in _defined(metrics) if metric.objective]


def default(item: Hyperparameter) -> str | None:
    """The value, as text, that stands where nothing is given; None where there is none or it is no fixed one."""
    if item.default is not None:
        return str(item.default).lower()
    if not item.library_default:
        return None
    try:
        convert(item.library_default, item.kind)
    except ValueError:
        return None
    return item.library_default


def _defined(metrics: Sequence[Metric]) -> Sequence[Metric]:
    return metrics[: limits.METRIC_DEFINITION_COUNT]


def _hyperparameter(item: Hyperparameter) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": item.name,
        "Description": item.meaning,
        "Type": _type(item),
        "IsTunable": item.tunable is not None,
        "IsRequired": item.required,
    }
    if limits_of_values := _range(item):
        entry["Range"] = limits_of_values
    # The word `auto` is no number, which the API wants of a number's default.
    if (value := default(item)) is not None and not (item.kind.auto and value == AUTO):
        entry["DefaultValue"] = value
    return entry


def _type(item: Hyperparameter) -> str:
    kind = item.kind
    if kind.many or kind.reads is not None:
        # A number or a word: only as the number can it be tuned, which the API does not let free text be.
        return "FreeText" if item.tunable is None else "Continuous"
    return "Categorical" if kind.choices else _TYPES[kind.type]


def _range(item: Hyperparameter) -> dict[str, Any]:
    kind, name = item.kind, _type(item)
    if name == "FreeText":
        return {}
    if name == "Categorical":
        values = list(kind.choices or ("true", "false", "1", "0"))
        return {"CategoricalParameterRangeSpecification": {"Values": values}}
    low, high = _ends(kind.bounds, kind.type)
    return {f"{name}ParameterRangeSpecification": {"MinValue": low, "MaxValue": high}}


def _ends(bounds: Bounds, kind: type) -> tuple[str, str]:
    """Both ends as text. An integer above 1 begins with 2; for numbers the API cannot say that an end is left out."""
    step, (low, high) = (1, _INTEGER_LIMITS) if kind is int else (0, _NUMBER_LIMITS)
    if bounds.above is not None:
        low = bounds.above + step
    if bounds.below is not None:
        high = bounds.below - step
    low = low if bounds.minimum is None else bounds.minimum
    high = high if bounds.maximum is None else bounds.maximum
    return (str(int(low)), str(int(high))) if kind is int else (f"{low:g}", f"{high:g}")
