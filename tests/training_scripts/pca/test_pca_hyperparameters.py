"""The hyperparameters of SageMaker's PCA: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import pytest

from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.pca.hyperparameters import Hyperparameters

GIVEN = {"feature_dim": "50", "num_components": "4", "mini_batch_size": "100"}
HIDDEN = {
    "epochs": "1",
    "force_dense": "true",
    "_log_level": "info",
    "_kvstore": "dist_sync",
    "_num_kv_servers": "auto",
    "_num_gpus": "auto",
}


def test_defaults_are_the_built_ins():
    values = parse(Hyperparameters, GIVEN)
    assert (values.algorithm_mode, values.subtract_mean, values.extra_components) == ("regular", True, -1)


def test_what_the_built_in_hides_is_accepted_and_changes_nothing():
    assert parse(Hyperparameters, GIVEN | HIDDEN) == parse(Hyperparameters, GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_required(name):
    with pytest.raises(UserError, match=f"hyperparameter '{name}' is required and missing"):
        parse(Hyperparameters, {key: value for key, value in GIVEN.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("feature_dim", "0", "'0' is below the minimum 1"),
        ("feature_dim", "abc", "'abc' is not an integer"),
        ("feature_dim", "5.0", "write '5'"),
        ("feature_dim", "٥", "is not an integer"),
        ("num_components", "-1", "below the minimum 1"),
        ("num_components", "51", "'51' is above feature_dim, 50"),
        ("mini_batch_size", "", "is not an integer"),
        ("algorithm_mode", "random", "did you mean 'randomized'"),
        ("subtract_mean", "yes", "is not a boolean"),
        ("extra_components", "-2", "below the minimum -1"),
        ("mini_batch_siz", "100", "did you mean 'mini_batch_size'"),
        ("max_depth", "3", "is unknown"),
    ],
)
def test_what_is_refused_is_named(name, value, said):
    with pytest.raises(UserError, match=said) as caught:
        parse(Hyperparameters, GIVEN | {name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("given", "directions"),
    [
        ({}, 14),
        ({"num_components": "20"}, 40),
        ({"num_components": "50"}, 50),
        ({"extra_components": "0"}, 4),
        ({"extra_components": "7"}, 11),
        ({"extra_components": "1000"}, 50),
    ],
)
def test_directions_of_the_randomized_mode(given, directions):
    assert parse(Hyperparameters, GIVEN | given).directions == directions
