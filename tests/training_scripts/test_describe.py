"""The program `hyperparameters`, for every algorithm there is: what it prints is what SageMaker's API takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape
from botocore.validate import ParamValidator

from training_scripts import describe

ROOT = Path(__file__).parents[2]
IMAGES = sorted(path.parent.name for path in ROOT.glob("containers/*/README.md"))


@pytest.fixture(scope="module")
def service() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    monkeypatch.setenv("SAGEMAKER_ALGORITHM", name.replace("-", "_"))
    return name


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert describe.main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("image")
def test_create_algorithm_takes_it(service: Any, capsys: pytest.CaptureFixture[str]) -> None:
    specification = json.loads(printed(capsys))
    specification.pop("TuningRanges")
    specification |= {"TrainingImage": "image:1", "SupportedTrainingInstanceTypes": ["ml.m5.large"]}
    request = {"AlgorithmName": "algorithm", "TrainingSpecification": specification}
    check(request, service.operation_model("CreateAlgorithm").input_shape)


@pytest.mark.usefixtures("image")
def test_a_tuning_job_takes_the_ranges(service: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check(json.loads(printed(capsys))["TuningRanges"], service.shape_for("ParameterRanges"))


@pytest.mark.usefixtures("image")
def test_every_tuned_hyperparameter_is_tunable_and_every_objective_defined(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(capsys))
    tunable = {entry["Name"] for entry in document["SupportedHyperParameters"] if entry["IsTunable"]}
    assert {entry["Name"] for ranges in document["TuningRanges"].values() for entry in ranges} == tunable
    defined = {entry["Name"] for entry in document["MetricDefinitions"]}
    assert {entry["MetricName"] for entry in document["SupportedTuningJobObjectiveMetrics"]} <= defined


def test_the_readme_holds_the_tables_as_they_are_now(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    """If this fails: SAGEMAKER_ALGORITHM=NAME python -m training_scripts.describe --write containers/NAME/README.md"""
    readme = (ROOT / "containers" / image / "README.md").read_text()
    for table in printed(capsys, "--table").strip().split("\n\n"):
        assert f"-->\n{table}\n<!-- /" in readme


def test_write_puts_the_tables_into_a_document(image: str, tmp_path: Path) -> None:
    source = (ROOT / "containers" / image / "README.md").read_text()
    document = tmp_path / "README.md"
    document.write_text(re.sub(r"(<!-- (\w+) -->).*?(<!-- /\2 -->)", r"\1\3", source, flags=re.DOTALL))
    assert document.read_text() != source
    assert describe.main(["--write", str(document)]) == 0
    assert document.read_text() == source


@pytest.mark.parametrize("name", ["", "nope", "describe", "../x", "xgboost.rules"])
def test_an_unknown_algorithm_is_a_user_error(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAGEMAKER_ALGORITHM", name)
    assert describe.main([]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (f"SAGEMAKER_ALGORITHM is {name!r}; expected an algorithm's module name, such as 'xgboost'\n")


def check(value: Any, shape: Shape) -> None:
    """botocore checks types, names and minima; the maxima and enumerations of the same shapes are checked here."""
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    check_limits(value, shape)


def check_limits(value: Any, shape: Any) -> None:
    if shape.type_name == "structure":
        for name, member in value.items():
            check_limits(member, shape.members[name])
        return
    if shape.type_name == "list":
        for item in value:
            check_limits(item, shape.member)
    if "max" in shape.metadata:
        assert len(value) <= shape.metadata["max"], value
    if "enum" in shape.metadata:
        assert value in shape.metadata["enum"]
