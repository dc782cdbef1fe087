from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from local_mode.conformance import declaration
from local_mode.conformance.programs import Launch
from local_mode.conformance.subject import Subject
from local_mode.conformance.tree import Tree


def test_required_hyperparameters_are_told() -> None:
    entries = [{"Name": "k", "IsRequired": True}, {"Name": "seed", "IsRequired": False}, {"Name": "feature_dim"}]
    assert declaration.required(json.dumps({"SupportedHyperParameters": entries})) == ("k",)


@pytest.mark.parametrize(
    "printed", ["", "usage: train", "[]", "{}", '{"SupportedHyperParameters": [1]}', "[" * 100_000]
)
def test_other_text_tells_none(printed: str) -> None:
    assert declaration.required(printed) == ()


def test_image_without_the_program_is_not_asked(subject: Callable[..., Subject]) -> None:
    """Its entry point may take the word for something else: there is no laboratory to start it in."""
    assert declaration.missing(subject(launch=Launch(("/train",), "/bin", "/"), tree=Tree({}))) == ()
