"""Which script is run, and what is said of one that cannot be: every file of tests/corpus/scripts has its line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.errors import UserError
from serving import service
from serving.handlers import script
from serving.handlers.user_code import UserCode
from serving.predictions import Predictions
from serving.settings import Settings

CORPUS = Path(__file__).parents[2] / "corpus" / "scripts"
Place = Callable[..., Path]


@pytest.mark.parametrize("name", sorted(path.stem for path in CORPUS.glob("*.py")))
def test_bad_script_is_one_line(place: Place, name: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(user_code=True, program=f"{name}.py")
    with pytest.raises(UserError) as raised:
        service.load("xgboost", place(name, folder=CORPUS), settings)
    line = str(raised.value)
    assert (CORPUS / f"{name}.expected").read_text().strip() in line
    assert line.startswith("model, ")
    assert "\n" not in line
    assert len(line) < 300
    assert ("Traceback" in caplog.text) == ("failed: " in line or "cannot be imported" in line)


def test_syntax_error_names_its_line(place: Place) -> None:
    model = place()
    (model / "code" / "inference.py").write_text("import math\n\nmath.floor(\n")
    with pytest.raises(UserError, match=r"code/inference\.py, line 3: inference\.py cannot be .*'\(' was never closed"):
        service.load("xgboost", model, Settings(user_code=True))


def test_failure_in_a_neighbour_names_the_neighbour(place: Place) -> None:
    model = place()
    (model / "code" / "inference.py").write_text("import beside\n")
    (model / "code" / "beside.py").write_text("\n1 / 0\n")
    with pytest.raises(UserError, match=r"code/beside\.py, line 2: inference\.py cannot be imported"):
        service.load("xgboost", model, Settings(user_code=True))


def test_nothing_runs_unless_the_image_says_so(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    model = place("marker")
    (model / "code" / "marker.py").rename(model / "code" / "inference.py")
    assert isinstance(service.load("xgboost", model, Settings()), Predictions)
    assert [record.levelno for record in caplog.records if "code/" in record.message] == [logging.WARNING]
    assert not (model / "code" / "was-run").exists()
    service.load("xgboost", model, Settings(user_code=True))
    assert (model / "code" / "was-run").exists()


def test_without_a_script_the_algorithm_serves(directory: Callable[..., Path]) -> None:
    assert isinstance(service.load("xgboost", directory("binary:logistic"), Settings(user_code=True)), Predictions)


def test_a_folder_without_the_script_is_refused(place: Place) -> None:
    with pytest.raises(UserError, match=r"no script 'inference.py' in .*; 'doubled.py', 'steps.py': rename it, or set"):
        service.load("xgboost", place("doubled", "steps"), Settings(user_code=True))


@pytest.mark.parametrize("program", ["doubled", "doubled.py"])
def test_program_is_named_with_and_without_its_ending(place: Place, program: str) -> None:
    found = script.find(place("doubled"), Settings(user_code=True, program=program))
    assert found is not None
    assert found.path.name == "doubled.py"


@pytest.mark.parametrize("program", ["../xgboost-model.py", "/etc/passwd", "a/../../b.py"])
def test_program_outside_its_directory_is_refused(place: Place, program: str) -> None:
    with pytest.raises(UserError, match=r"SAGEMAKER_PROGRAM: .* lies outside"):
        script.find(place("doubled"), Settings(user_code=True, program=program))


def test_link_out_of_the_directory_is_refused(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    model, elsewhere = place(), tmp_path_factory.mktemp("elsewhere") / "inference.py"
    elsewhere.write_text("")
    (model / "code" / "inference.py").symlink_to(elsewhere)
    with pytest.raises(UserError, match="lies outside"):
        script.find(model, Settings(user_code=True))


@pytest.mark.parametrize(
    "text", ["s3://bucket/sourcedir.tar.gz", "http://host/code", "file:///opt/ml/code", "/etc", "/opt/ml/../../etc"]
)
def test_submit_directory_elsewhere_is_refused(place: Place, text: str) -> None:
    with pytest.raises(UserError, match=r"SAGEMAKER_SUBMIT_DIRECTORY: .* is not accepted .*nothing is downloaded"):
        script.find(place("doubled"), Settings(user_code=True, submit_directory=text))


@pytest.mark.parametrize("text", ["/opt/ml/model/code", "{base}/model/code"])
def test_submit_directory_is_under_the_base(place: Place, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    base = place("doubled") / "base"
    (base / "model" / "code").mkdir(parents=True)
    (base.parent / "code" / "doubled.py").rename(base / "model" / "code" / "doubled.py")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    settings = Settings(user_code=True, program="doubled", submit_directory=text.format(base=base))
    found = script.find(base / "elsewhere", settings)
    assert found is not None
    assert found.directory == base / "model" / "code"


def test_name_of_a_library_is_refused(place: Place) -> None:
    model = place()
    (model / "code" / "json.py").write_text("")
    with pytest.raises(UserError, match=r"'json\.py' has the name of a library's module"):
        service.load("xgboost", model, Settings(user_code=True, program="json"))


def test_requirements_are_not_installed(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    model = place("doubled")
    (model / "code" / "requirements.txt").write_text("no-such-package\n")
    script.find(model, Settings(user_code=True, program="doubled"))
    assert "requirements.txt of the script is left alone" in caplog.text


def test_model_fn_is_needed_where_there_is_no_algorithm(place: Place) -> None:
    with pytest.raises(UserError, match="define model_fn"):
        service.load("", place("doubled"), Settings(user_code=True, program="doubled"))


def test_default_accept_must_be_one_that_is_written(place: Place) -> None:
    settings = Settings(user_code=True, program="doubled", script_accept="image/png")
    with pytest.raises(UserError, match=r"DEFAULT_INVOCATIONS_ACCEPT: 'image/png' is not one of .*; define output_fn"):
        service.load("xgboost", place("doubled"), settings)


def test_default_accept_of_the_algorithm_without_a_script(directory: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"DEFAULT_INVOCATIONS_ACCEPT: 'image/png' is not one of text/csv"):
        service.load("xgboost", directory("binary:logistic"), Settings(user_code=True, accept="image/png"))


class TestManifest:
    """What model.json lists is verified, whoever loads it."""

    @pytest.fixture
    def model(self, place: Place) -> Path:
        return place("steps", kinds=())

    def serve(self, model: Path) -> Any:
        (model / "weights.json").write_text("[1, 1]")
        return service.load("", model, Settings(user_code=True, program="steps"))

    def test_mismatch_is_refused(self, model: Path) -> None:
        (model / "model.json").write_text('{"format": 1, "files": {}}')
        with pytest.raises(UserError, match=r"model\.json"):
            self.serve(model)

    def test_cut_one_is_refused(self, model: Path) -> None:
        (model / "model.json").write_text('{"format": 1, "fil')
        with pytest.raises(UserError, match=r"model\.json is not JSON"):
            self.serve(model)

    def test_another_librarys_is_left_to_the_script(self, model: Path, caplog: pytest.LogCaptureFixture) -> None:
        (model / "model.json").write_text('{"learner": {}, "version": [3, 2, 0]}')
        assert isinstance(self.serve(model), UserCode)
        assert "nothing is verified" in caplog.text
