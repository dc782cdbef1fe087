"""Hyperparameters written in a form of their own: metric lists and constraints. Parsed as data, never evaluated.

Each reader takes the text of a value and raises ValueError saying what is wrong with it.
"""

from __future__ import annotations

import json
import re

from contract.errors import show
from training_scripts.xgboost.metric_definitions import DIRECTIONS

METRICS_FORM = "comma-separated metric names, some with a number: 'auc', 'error@0.7', 'ndcg@5', 'map@5-'"
MONOTONE_FORM = "one of -1, 0, 1 for each feature (0 where the list ends early), as in '(0,1,-1)'"
INTERACTION_FORM = "groups of feature numbers, as in '[[0,1],[2,3]]'"
TYPES_FORM = "'q' (a quantity) or 'c' (a category) for each feature, as in 'q,c,q'"

_METRIC = re.compile(r"(?P<name>[a-z0-9_-]*[a-z0-9])(?P<number>@([0-9]+\.?[0-9]*|\.[0-9]+))?(?P<minus>-)?")
_TAKE_NUMBER = ("error", "ndcg", "map", "pre", "ams", "tweedie-nloglik")
_NEED_NUMBER = ("ams", "tweedie-nloglik")
_TAKE_MINUS = ("ndcg", "map")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


def read_metrics(text: str) -> tuple[str, ...]:
    """("rmse", "ndcg@5") of `rmse,ndcg@5` or `["rmse", "ndcg@5"]`, without repetitions."""
    names = [part.strip().strip("\"'") for part in text.strip("[]").split(",")]
    for name in names:
        _check_metric(name)
    return tuple(dict.fromkeys(names))


def read_tuning_objective(text: str) -> str:
    """`rmse` of `validation:rmse`, the form in which a tuning job names its objective."""
    name = text.rpartition(":")[2]
    _check_metric(name)
    return name


def read_monotone(text: str) -> tuple[int, ...]:
    """(0, 1, -1) of `(0,1,-1)` or `[0, 1, -1]`."""
    parts = _inside(text).rstrip(",").split(",")
    if not all(_INTEGER.fullmatch(part.strip()) for part in parts):
        raise ValueError("is not a list of whole numbers")
    values = tuple(int(part) for part in parts)
    if wrong := [value for value in values if value not in (-1, 0, 1)]:
        raise ValueError(f"holds {wrong[0]}")
    return values


def read_interaction(text: str) -> tuple[tuple[int, ...], ...]:
    """((0, 1), (2, 3)) of `[[0,1],[2,3]]`."""
    try:
        groups = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not a nested list") from None
    if not isinstance(groups, list) or not groups or not all(isinstance(group, list) and group for group in groups):
        raise ValueError("is not a list of groups")
    for feature in (feature for group in groups for feature in group):
        if type(feature) is not int or feature < 0:
            raise ValueError(f"holds {show(feature)}, which is no feature number; features are numbered from 0")
    return tuple(tuple(group) for group in groups)


def read_types(text: str) -> tuple[str, ...]:
    """("q", "c") of `q,c` or `["q", "c"]`."""
    types = tuple(part.strip().strip("\"'") for part in text.strip("[]").split(","))
    if wrong := [name for name in types if name not in ("q", "c")]:
        raise ValueError(f"holds {show(wrong[0])}")
    return types


def _check_metric(text: str) -> None:
    match = _METRIC.fullmatch(text)
    name = match["name"] if match else text
    if match is None or name not in DIRECTIONS:
        raise ValueError(f"holds {show(text)}; known metrics are {', '.join(DIRECTIONS)}")
    if match["number"] and name not in _TAKE_NUMBER:
        raise ValueError(f"holds {show(text)}, but {name} takes no number")
    if name in _NEED_NUMBER and not match["number"]:
        raise ValueError(f"holds {name!r}, which needs its number, as in '{name}@1.5'")
    if match["minus"] and name not in _TAKE_MINUS:
        raise ValueError(f"holds {show(text)}; only {' and '.join(_TAKE_MINUS)} take a final '-'")


def _inside(text: str) -> str:
    """What stands between round or square brackets."""
    if len(text) < 2 or text[0] + text[-1] not in ("()", "[]"):
        raise ValueError("stands in no brackets")
    return text[1:-1].strip()
