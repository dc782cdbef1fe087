"""The tables of a README, and their place in it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from contract import tables
from contract.errors import UserError
from contract.hyperparameters import Tunable, hyperparameter
from contract.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Example:
    extra: int = hyperparameter(3, minimum=1, ours=True, meaning="A knob.")
    eta: float | None = hyperparameter(
        None,
        minimum=0,
        maximum=1,
        aliases=("learning_rate",),
        library_default="0.3",
        tunable=Tunable(0.1, 0.5),
        meaning="Either | or.",
    )
    rounds: int = hyperparameter(minimum=1, meaning="Rounds.")
    bias: bool = hyperparameter(True, tunable=Tunable(values=("true", "false")), meaning="An intercept.")
    internal: int | None = hyperparameter(None, hidden=True)


def test_hyperparameters() -> None:
    assert tables.hyperparameters(Example).splitlines() == [
        "| hyperparameter | accepted | default | tuning range | meaning |",
        "| --- | --- | --- | --- | --- |",
        "| `rounds` | integer, 1 and up | **required** |  | Rounds. |",
        "| `eta` or `learning_rate` | number, 0 to 1 | 0.3 | 0.1 to 0.5 | Either \\| or. |",
        "| `bias` | true or false | true | true or false | An intercept. |",
        "| `extra` | integer, 1 and up | 3 |  | A knob. *Ours, not in SageMaker's own image.* |",
    ]


def test_metrics() -> None:
    declarations = [Metric("train:auc", "x", "Maximize", objective=False), Metric("validation:rmse", "x", "Minimize")]
    assert tables.metrics(declarations).splitlines()[2:] == [
        "| `train:auc` | Maximize | no |",
        "| `validation:rmse` | Minimize | yes |",
    ]


def test_rewrite_replaces_what_stands_between_the_markers_and_nothing_else() -> None:
    text = "# Title\n<!-- a -->\nold\n<!-- /a -->\nmiddle\n<!-- b --><!-- /b -->\nend\n"
    once = tables.rewrite(text, {"a": "new a", "b": "new b"})
    assert once == "# Title\n<!-- a -->\nnew a\n<!-- /a -->\nmiddle\n<!-- b -->\nnew b\n<!-- /b -->\nend\n"
    assert tables.rewrite(once, {"a": "new a", "b": "new b"}) == once


@pytest.mark.parametrize("text", ["nothing", "<!-- a -->", "<!-- /a --><!-- a -->"])
def test_a_missing_marker_is_an_error(text: str) -> None:
    with pytest.raises(UserError, match="has no <!-- a --> followed by <!-- /a -->"):
        tables.rewrite(text, {"a": "table"})
