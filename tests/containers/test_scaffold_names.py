"""Names that an algorithm may not have, and its extra in pyproject.toml."""

from __future__ import annotations

import re
import tomllib

import pytest

from containers.build import images
from containers.build.scaffold import names, project, template
from contract.errors import UserError

PROJECT = (images.ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["churn", "churn-model", "x1", "k-means-2", "a" * names.CHARACTERS])
def test_words_with_dashes_are_accepted(name: str) -> None:
    assert names.check(name) == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "expected words of lowercase letters"),
        ("Churn", "expected words of lowercase letters"),
        (
            "churn_model",
            "'churn_model' cannot be the name of an algorithm; expected words of lowercase letters and digits",
        ),
        ("-churn", "expected words of lowercase letters"),
        ("churn-", "expected words of lowercase letters"),
        ("churn--model", "expected words of lowercase letters"),
        ("1st", "a letter first"),
        ("../churn", "expected words of lowercase letters"),
        ("churn\n", "expected words of lowercase letters"),
        ("größe", "expected words of lowercase letters"),
        ("a" * (names.CHARACTERS + 1), "30 characters at most"),
        ("xgboost", "'xgboost' is taken: base, "),
        ("base", "is taken"),
        ("tests", "is taken"),
        ("host", "is taken"),
        ("serving", "is taken"),
        ("lambda", "a word of the Python language"),
        ("match", "a word of the Python language"),
        ("json", "the name of a Python module"),
        ("numpy", "the name of a Python module"),
        ("sklearn", "the name of a Python module"),
        ("contract", "the name of a Python module"),
        ("local-mode", "the name of a Python module"),
    ],
)
def test_other_names_are_refused(name: str, says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        names.check(name)


def test_extra_is_all_that_changes() -> None:
    before, after = tomllib.loads(PROJECT), tomllib.loads(project.with_extra(PROJECT, "churn-model"))
    extra = after["project"]["optional-dependencies"].pop("churn-model")
    assert extra == ["sagemaker-open-containers[serving]", "protobuf", "scikit-learn", "skops", "threadpoolctl"]
    assert after == before


def test_other_pyproject_is_told() -> None:
    with pytest.raises(UserError, match=re.escape("no line 'host = [' among its extras to put 'churn' before")):
        project.with_extra(PROJECT.replace("\nhost = [\n", "\nHost = [\n"), "churn")


def test_every_file_is_filled_in() -> None:
    files = template.files("churn-model")
    assert len(files) == len(list(template.FOLDER.rglob("*.*")))
    for path, content in files.items():
        assert not re.search("@name@|@module@|tmpl", f"{path}{content}"), path
