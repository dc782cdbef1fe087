"""Every file of the corpus's folder is a hyperparameters.json; NAME.expected beside it says what comes of it, as in
tests/contract/test_hyperparameters.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract import limits
from contract.errors import UserError
from contract.hyperparameters import given, parse
from contract.hyperparameters_file import read
from training_scripts.linear_learner import Hyperparameters

CORPUS = Path(__file__).parents[2] / "corpus" / "hyperparameters" / "linear_learner"


@pytest.mark.parametrize("case", sorted(path.stem for path in CORPUS.glob("*.json")))
def test_corpus(case: str) -> None:
    expected = json.loads((CORPUS / f"{case}.expected").read_text())
    path = CORPUS / f"{case}.json"
    if "values" in expected:
        assert given(parse(Hyperparameters, read(path))) == expected["values"]
        return
    with pytest.raises(UserError) as caught:
        parse(Hyperparameters, read(path))
    assert str(caught.value) == expected["error"]
    assert caught.value.exit_code == 1
    assert len(str(caught.value)) < limits.FAILURE_CHARACTERS
