"""Small XGBoost models, one an objective, and clients of the application that serves them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray
from werkzeug.test import Client

from serving import model, probe
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings

WIDTH = 4
Rows: TypeAlias = NDArray[np.float32]
Serve: TypeAlias = Callable[..., Client]

OBJECTIVES: dict[str, dict[str, Any]] = {
    "reg:squarederror": {},
    "reg:logistic": {},
    "reg:squaredlogerror": {},
    "reg:pseudohubererror": {},
    "reg:absoluteerror": {},
    "reg:gamma": {},
    "reg:tweedie": {},
    "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
    "count:poisson": {"base_score": 0.3},
    "binary:logistic": {},
    "binary:logitraw": {},
    "binary:hinge": {},
    "multi:softmax": {"num_class": 3},
    "multi:softprob": {"num_class": 3},
    "rank:pairwise": {},
    "rank:ndcg": {},
    "rank:map": {},
    "survival:aft": {},
    "survival:cox": {},
}
BOOSTERS: dict[str, dict[str, Any]] = {
    "gblinear": {"objective": "reg:squarederror", "booster": "gblinear", "updater": "coord_descent"},
    "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5},
    "dart regression": {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.3},
    "forest": {"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.5},
    "base_score": {"objective": "reg:squarederror", "base_score": 7.5},
}
KINDS = [*OBJECTIVES, *BOOSTERS]


@cache
def booster(kind: str) -> xgboost.Booster:
    """A small model of an objective, or of one of BOOSTERS; half of its training cells are missing in one column."""
    random = np.random.default_rng(3)
    features = random.normal(size=(120, WIDTH)).astype(np.float32)
    features[::2, 1] = np.nan
    parameters = BOOSTERS.get(kind) or {"objective": kind, **OBJECTIVES[kind]}
    labels = (features[:, 0] > 0).astype(np.float32) + (features[:, 2] > 1) * (parameters.get("num_class") == 3)
    matrix = xgboost.DMatrix(features, labels)
    if kind.startswith("rank:"):
        matrix.set_group([30] * 4)
    elif kind == "survival:aft":
        matrix.set_float_info("label_lower_bound", labels + 1)
        matrix.set_float_info("label_upper_bound", labels + 2)
    elif kind in ("reg:gamma", "survival:cox"):
        matrix.set_label(labels + 1)
    return xgboost.train({"max_depth": 3, "nthread": 1, "verbosity": 0, **parameters}, matrix, 6)


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Rows with missing cells, float32 all through."""
    random = np.random.default_rng(7)
    features = random.normal(size=(9, WIDTH)).astype(np.float32)
    features[1, 2] = features[4, 1] = features[5] = np.nan
    return features


@pytest.fixture
def directory(tmp_path: Path) -> Callable[..., Path]:
    """A model directory without model.json: `directory("binary:logistic")`, or of several members."""

    def make(*kinds: str) -> Path:
        for place, kind in enumerate(kinds):
            name = "xgboost-model" if len(kinds) == 1 else f"xgboost-model-{place}"
            (tmp_path / name).write_bytes(booster(kind).save_raw("ubj"))
        return tmp_path

    return make


@pytest.fixture
def serve(directory: Callable[..., Path]) -> Serve:
    """A client of the application: `serve("binary:logistic", batch=True)`."""

    def make(*kinds: str, **settings: Any) -> Client:
        chosen = Settings(**settings)
        endpoint = Endpoint(chosen, model.load("xgboost", directory(*kinds), chosen))
        assert endpoint.model is not None
        probe.try_out(endpoint.model)
        return Client(Application(endpoint))

    return make


@pytest.fixture(scope="session")
def trained() -> Callable[[str], xgboost.Booster]:
    return booster


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `kind` runs for every objective and every booster."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", KINDS)
