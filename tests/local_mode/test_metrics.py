from __future__ import annotations

import pytest

from contract.errors import UserError
from local_mode import metrics
from local_mode.metrics import Metrics

XGBOOST = [{"Name": "validation:auc", "Regex": r".*\[[0-9]+\].*#011validation-auc:([-+]?[0-9]*\.?[0-9]+).*"}]


def test_tab_is_matched_as_the_service_shows_it() -> None:
    found = Metrics(metrics.definitions(XGBOOST))
    assert found.read("[3]\ttrain-auc:0.9\tvalidation-auc:0.75") == {"validation:auc": 0.75}
    assert found.read("no metric") == {}
    assert found.read("[4]\tvalidation-auc:0.5") == {"validation:auc": 0.5}
    assert found.history == {"validation:auc": [0.75, 0.5]}
    assert found.final == {"validation:auc": 0.5}


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf"])
def test_what_is_no_finite_number_is_no_metric(value: str) -> None:
    assert Metrics(metrics.definitions([{"Name": "m", "Regex": "m=(.*)"}])).read(f"m={value}") == {}


@pytest.mark.parametrize(
    ("entry", "said"), [({"Name": "m", "Regex": "("}, "is no regex"), ({"Name": "m"}, "lacks 'Regex'")]
)
def test_bad_definitions_are_refused(entry: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        metrics.definitions([entry])


def test_shipped_definitions_are_read_from_the_image_own_words() -> None:
    (found,) = metrics.shipped('{"MetricDefinitions": [{"Name": "m", "Regex": "m=(.*)"}]}')
    assert (found.name, found.regex.pattern) == ("m", "m=(.*)")


@pytest.mark.parametrize("printed", ["", "hyperparameters: not found", "[]", "{}"])
def test_image_that_does_not_know_the_word_ships_none(printed: str) -> None:
    assert metrics.shipped(printed) == ()
