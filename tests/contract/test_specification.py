"""A declaration as SageMaker's API takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from contract import specification
from contract.hyperparameters import Tunable, declared, hyperparameter
from contract.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Example:
    rounds: int = hyperparameter(minimum=1, maximum=9, tunable=Tunable(2, 8), meaning="Rounds.")
    bins: int | None = hyperparameter(None, above=1, below=9)
    seed: int | None = hyperparameter(None)
    eta: float | None = hyperparameter(None, above=0, tunable=Tunable(0.1, 0.5, "Logarithmic"), library_default="0.3")
    shuffle: bool = hyperparameter(False)
    booster: str | None = hyperparameter(None, choices=("tree", "linear"), library_default="by data")
    quantiles: tuple[float, ...] | None = hyperparameter(None, minimum=0)
    note: str | None = hyperparameter(None)
    bias: bool = hyperparameter(True, tunable=Tunable(values=("true", "false")))
    weight: str = hyperparameter("1.0", above=0, reads=str, form="'even', or number", tunable=Tunable(1, 2))
    decay: float | None = hyperparameter(None, minimum=0, auto=True)
    internal: int | None = hyperparameter(None, hidden=True)


ENTRIES = {entry["Name"]: entry for entry in specification.hyperparameters(Example)}


def test_a_required_integer() -> None:
    assert ENTRIES["rounds"] == {
        "Name": "rounds",
        "Description": "Rounds.",
        "Type": "Integer",
        "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "9"}},
        "IsTunable": True,
        "IsRequired": True,
    }


@pytest.mark.parametrize(
    ("name", "kind", "range_"),
    [
        ("bins", "Integer", {"IntegerParameterRangeSpecification": {"MinValue": "2", "MaxValue": "8"}}),
        (
            "seed",
            "Integer",
            {"IntegerParameterRangeSpecification": {"MinValue": "-2147483648", "MaxValue": "2147483647"}},
        ),
        ("eta", "Continuous", {"ContinuousParameterRangeSpecification": {"MinValue": "0", "MaxValue": "3.4e+38"}}),
        (
            "shuffle",
            "Categorical",
            {"CategoricalParameterRangeSpecification": {"Values": ["true", "false", "1", "0"]}},
        ),
        ("booster", "Categorical", {"CategoricalParameterRangeSpecification": {"Values": ["tree", "linear"]}}),
        ("quantiles", "FreeText", None),
        ("note", "FreeText", None),
        ("weight", "Continuous", {"ContinuousParameterRangeSpecification": {"MinValue": "0", "MaxValue": "3.4e+38"}}),
    ],
)
def test_types_and_ranges(name: str, kind: str, range_: dict[str, Any] | None) -> None:
    assert ENTRIES[name]["Type"] == kind
    assert ENTRIES[name].get("Range") == range_


def test_what_is_hidden_is_left_out() -> None:
    assert "internal" not in ENTRIES


def test_defaults_are_values_and_never_words_but_auto() -> None:
    defaults = {item.name: specification.default(item) for item in declared(Example)}
    assert {name: value for name, value in defaults.items() if value is not None} == {
        "eta": "0.3",
        "shuffle": "false",
        "bias": "true",
        "weight": "1.0",
        "decay": "auto",
    }


def test_the_word_auto_is_no_default_of_a_number() -> None:
    assert ENTRIES["bias"]["DefaultValue"] == "true"
    assert "DefaultValue" not in ENTRIES["decay"]


def test_tuning_ranges() -> None:
    assert specification.tuning_ranges(Example) == {
        "IntegerParameterRanges": [{"Name": "rounds", "MinValue": "2", "MaxValue": "8", "ScalingType": "Auto"}],
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
            {"Name": "weight", "MinValue": "1", "MaxValue": "2", "ScalingType": "Auto"},
        ],
        "CategoricalParameterRanges": [{"Name": "bias", "Values": ["true", "false"]}],
    }


def test_no_more_metrics_than_the_api_takes() -> None:
    metrics = [Metric(f"validation:m{place}", "m", "Maximize", objective=place != 0) for place in range(50)]
    assert len(specification.metric_definitions(metrics)) == 40
    objectives = [entry["MetricName"] for entry in specification.tuning_objectives(metrics)]
    assert objectives == [f"validation:m{place}" for place in range(1, 40)]
