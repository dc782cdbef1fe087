"""Every file of tests/corpus/hyperparameters is a hyperparameters.json; NAME.expected beside it says what comes of it.

`expected` is JSON: {"values": {...}} of what was given, or {"error": "the whole message"}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as draw
from hypothesis import strategies

from contract import limits
from contract.errors import UserError
from contract.hyperparameters import Tunable, declared, given, hyperparameter, parse, write
from contract.hyperparameters_file import read

CORPUS = Path(__file__).parents[1] / "corpus" / "hyperparameters"
CASES = sorted(path.stem for path in CORPUS.glob("*.json"))


def groups(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("is not a nested list") from None


@dataclass(frozen=True, kw_only=True)
class Example:
    """One of each kind."""

    rounds: int = hyperparameter(minimum=1, maximum=4000)
    max_depth: int | None = hyperparameter(None, minimum=0, tunable=Tunable(0, 10))
    eta: float | None = hyperparameter(None, minimum=0, maximum=1, aliases=("learning_rate",))
    subsample: float | None = hyperparameter(None, above=0, maximum=1)
    power: float | None = hyperparameter(None, above=1, below=2)
    shuffle: bool | None = hyperparameter(None)
    booster: str | None = hyperparameter(None, choices=("tree", "linear"))
    quantiles: tuple[float, ...] | None = hyperparameter(None, minimum=0, maximum=1)
    steps: tuple[str, ...] | None = hyperparameter(None, choices=("grow", "prune"))
    groups: tuple[tuple[int, ...], ...] | None = hyperparameter(None, reads=groups, form="lists, as in '[[0,1],[2]]'")
    note: str | None = hyperparameter(None)
    lambda_: float | None = hyperparameter(None, name="lambda", minimum=0)
    save_every: int = hyperparameter(10, minimum=1, ours=True)
    decay: float | None = hyperparameter(None, minimum=0, auto=True)

    def check(self) -> None:
        if self.booster == "linear" and self.max_depth is not None:
            raise UserError("hyperparameter 'max_depth': '3' is for booster 'tree', and booster is 'linear'")


def test_every_case_of_the_list_is_here() -> None:
    assert len(CASES) >= 27  # the 28th, a missing file, is no file


@pytest.mark.parametrize("case", CASES)
def test_corpus(case: str) -> None:
    expected = json.loads((CORPUS / f"{case}.expected").read_text())
    path = CORPUS / f"{case}.json"
    if "values" in expected:
        # Through JSON and back, since JSON has no tuples.
        assert json.loads(json.dumps(given(parse(Example, read(path))))) == expected["values"]
        return
    with pytest.raises(UserError) as caught:
        parse(Example, read(path))
    assert str(caught.value) == expected["error"]
    assert caught.value.exit_code == 1
    assert len(str(caught.value)) < limits.FAILURE_CHARACTERS


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*absent\.json"):
        read(tmp_path / "absent.json")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*: Is a directory"):
        read(tmp_path)


def test_strings_stay_exactly_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "hyperparameters.json"
    path.write_text('{"version": "1.10", "id": "007", "quoted": "\\"5\\"", "blank": " 5 ", "typed": 0.10}')
    assert read(path) == {"version": "1.10", "id": "007", "quoted": '"5"', "blank": " 5 ", "typed": "0.10"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rounds", "integer, 1 to 4000"),
        ("max_depth", "integer, 0 and up"),
        ("eta", "number, 0 to 1"),
        ("subsample", "number, above 0 and up to 1"),
        ("power", "number, above 1 and below 2"),
        ("shuffle", "true or false"),
        ("booster", "one of 'tree', 'linear'"),
        ("quantiles", "comma-separated list, each number, 0 to 1"),
        ("groups", "lists, as in '[[0,1],[2]]'"),
        ("note", "text"),
    ],
)
def test_what_is_accepted_in_words(name: str, words: str) -> None:
    (item,) = (item for item in declared(Example) if item.name == name)
    assert item.accepts == words


def test_a_name_too_long_for_sagemaker_is_refused() -> None:
    with pytest.raises(UserError, match="name of 257 characters; SageMaker accepts at most 256"):
        parse(Example, {"rounds": "1", "n" * 257: "1"})


def test_a_value_too_long_for_sagemaker_is_refused() -> None:
    with pytest.raises(UserError, match="value of 2501 characters; SageMaker accepts at most 2500"):
        parse(Example, {"rounds": "1" * 2501})


def test_a_long_bad_value_is_cut_in_the_message() -> None:
    with pytest.raises(UserError) as caught:
        parse(Example, {"rounds": "9" * 2500})
    assert len(str(caught.value)) < limits.FAILURE_CHARACTERS


NAMES = strategies.sampled_from([item.name for item in declared(Example)]) | strategies.text(max_size=10)


@draw(strategies.dictionaries(NAMES, strategies.text(max_size=30), max_size=4))
def test_whatever_is_given_is_parsed_or_refused_in_one_line(raw: dict[str, str]) -> None:
    try:
        parse(Example, {"rounds": "1"} | raw)
    except UserError as error:
        assert len(str(error)) < limits.FAILURE_CHARACTERS  # noqa: PT017 - most inputs raise, some rightly do not
        assert "\n" not in str(error)  # noqa: PT017 - as above


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "true"),
        (3, "3"),
        (0.2, "0.2"),
        ("binary:logistic", "binary:logistic"),
        (("rmse",), "rmse"),
        (("rmse", "error@0.7"), "rmse,error@0.7"),
        ((0, 1, -1), "0,1,-1"),
        (((0, 1), (2,)), "[[0,1],[2]]"),
    ],
)
def test_a_value_is_written_as_a_request_says_it(value: object, told: str) -> None:
    assert write(value) == told


@pytest.mark.parametrize(("text", "value"), [("auto", None), ('"auto"', None), ("0.5", 0.5)])
def test_auto_means_what_leaving_it_out_means(text: str, value: float | None) -> None:
    assert parse(Example, {"rounds": "1", "decay": text}).decay == value


def test_what_takes_auto_says_so() -> None:
    (item,) = [item for item in declared(Example) if item.name == "decay"]
    assert (item.accepts, item.library_default) == ("'auto', or number, 0 and up", "auto")
    with pytest.raises(UserError, match=r"'automatic' is not a finite decimal number \('auto', or number, 0 and up\)"):
        parse(Example, {"rounds": "1", "decay": "automatic"})
