from __future__ import annotations

from dataclasses import dataclass

import pytest

from contract.hyperparameters import hyperparameter
from training_scripts import configuration


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    epochs: int = hyperparameter(15, minimum=1)
    wd: float | None = hyperparameter(None, minimum=0, auto=True)
    feature_dim: int = hyperparameter(minimum=1)


@pytest.mark.usefixtures("built_in_log")
def test_the_three_lines_say_defaults_what_was_given_and_both(capsys: pytest.CaptureFixture[str]) -> None:
    configuration.log(Hyperparameters, {"feature_dim": "3", "epochs": "2", "sagemaker_region": "x"})
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.endswith(": {'epochs': '15', 'wd': 'auto'}")
    given = "{'feature_dim': '3', 'epochs': '2'}"
    assert second.endswith(f"Merging with provided configuration from {configuration.PROVIDED}: {given}")
    assert third.endswith("Final configuration: {'epochs': '2', 'wd': 'auto', 'feature_dim': '3'}")
