"""The training report: one page that needs nothing, says everything, and cannot be broken by what it shows."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from contract.environment import TrainingEnvironment
from contract.errors import PlatformError
from contract.markup import breakable, element, style, text
from training_scripts import report
from training_scripts.style import CSS
from training_scripts.summary import ChannelSummary, Confusion, Residuals, Summary

NASTY = "<script>alert(1)</script>&\"' \x00\x1b]0; \ud800 {{7*7}} 한국어"
ENVIRONMENT = TrainingEnvironment("claims-1", {}, {})
FULL = Summary(
    title=f"XGBoost, binary:logistic {NASTY}",
    history={
        "train-auc": [0.7, 0.8, 0.85],
        "validation-auc": [0.7, 0.82, 0.81],
        f"validation-{NASTY}": [math.nan, math.inf, 1.0],
    },
    directions={"auc": "Maximize"},
    best_round=1,
    metrics={"train-auc": 0.8, "validation-auc": 0.82, f"validation-{NASTY}": math.nan},
    importances={NASTY: 3.0, "age": 1.0, "unused": 0.0, "broken": math.nan},
    importance_kind=NASTY,
    confusion=Confusion(NASTY, ["0", NASTY], [[665, 302], [6, 27]]),
    residuals=Residuals(NASTY, np.array([1, 2, 3], np.float32), np.array([1, 2, np.nan], np.float32)),
    channels=[ChannelSummary(NASTY, 4000, 59, NASTY, 0.0123, NASTY), ChannelSummary("validation", 1000, 59)],
    hyperparameters={"max_depth": 3, "csv_weights": True, "eval_metric": ("auc", "error@0.7"), NASTY: NASTY},
    seconds={"read": 0.25, "fit": 1.5, NASTY: 0.0},
    libraries={"xgboost-cpu": "3.2.0", NASTY: NASTY},
)


def strict(line: str) -> float:
    raise AssertionError(f"{line} is not JSON")


def written(directory: Path, summary: Summary) -> tuple[str, ET.Element, dict[str, object]]:
    """What `write` leaves: the page, the page parsed as XML, metrics.json parsed strictly."""
    report.write(directory, summary, ENVIRONMENT)
    assert sorted(path.name for path in directory.iterdir()) == ["metrics.json", "report.html"]
    html = (directory / "report.html").read_text(encoding="utf-8")
    root = ET.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
    return html, root, json.loads((directory / "metrics.json").read_text(), parse_constant=strict)


@pytest.mark.parametrize("summary", [FULL, Summary(title="bare"), Summary(title=NASTY)], ids=["full", "bare", "nasty"])
def test_page_is_well_formed_and_needs_nothing(tmp_path: Path, summary: Summary) -> None:
    html, root, _ = written(tmp_path, summary)
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "image", "use", "a", "form", "base"}
    for node in root.iter():
        for key in node.attrib:
            assert not re.match(r"on|src|href|.*}href|action|formaction", key), key
    assert "url(" not in html
    assert "@import" not in html
    assert set(re.findall(r"https?://[^\"' <]*", html)) <= {"http://www.w3.org/2000/svg"}
    assert "<script" not in html


def test_every_picture_has_words(tmp_path: Path) -> None:
    _, root, _ = written(tmp_path, FULL)
    pictures = [node for node in root.iter() if node.tag.endswith("}svg")]
    assert len(pictures) == 5
    for picture in pictures:
        assert picture.attrib["role"] == "img"
        assert picture.attrib["aria-label"]


def test_page_says_what_was_asked_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_IMAGE", "sagemaker-xgboost:0.1.0")
    html, root, _ = written(tmp_path, FULL)
    assert [node.text for node in root.iter("h1")] == ["claims-1"]
    assert [node.text for node in root.iter("h2")] == [
        "Learning curves",
        "Confusion matrix",
        "Predicted and actual",
        "Feature importance",
        "Data",
        "Hyperparameters",
        "Time",
        "Software",
    ]
    assert "Validation: best 0.8200 at round 1; 0.8100 at the last round, 2." in html
    assert "692 of 1,000 " in html
    pairs = {node[0].text: node[1].text for node in root.iter("div") if len(node) == 2}
    assert pairs["max_depth"] == "3"
    assert pairs["eval_metric"] == "auc,error@0.7"
    assert pairs["csv_weights"] == "true"
    assert pairs["image"] == "sagemaker-xgboost:0.1.0"


@pytest.mark.parametrize(
    ("predicted", "rows", "told"),
    [
        ([2, 3, 7], None, "3 train rows: 2 too high on average, half of the rows within 1,"),
        ([0, 1, 2], 4640, "A sample of 3 of the 4,640 train rows: 1 too low on average,"),
        ([0, 2, 4], None, "3 train rows: right on average,"),
    ],
)
def test_residuals_say_how_many_and_which_way(
    tmp_path: Path, predicted: list[float], rows: int | None, told: str
) -> None:
    residuals = Residuals("train", np.array([1, 2, 3], np.float32), np.array(predicted, np.float32), rows)
    html, _, _ = written(tmp_path, Summary(title="t", residuals=residuals))
    assert told in html


def test_metrics_json(tmp_path: Path) -> None:
    _, _, figures = written(tmp_path, FULL)
    assert figures["job"] == "claims-1"
    assert figures["best_round"] == 1
    assert figures["metrics"] == {"train-auc": 0.8, "validation-auc": 0.82, f"validation-{NASTY}": None}
    assert figures["history"] == {
        "train-auc": [0.7, 0.8, 0.85],
        "validation-auc": [0.7, 0.82, 0.81],
        f"validation-{NASTY}": [None, None, 1.0],
    }


def test_numpy_figures_are_written_as_json(tmp_path: Path) -> None:
    figures = {"train-rmse": np.float32(0.5)}
    _, _, written_figures = written(tmp_path, Summary(title="t", metrics=figures, history={"train-rmse": np.ones(3)}))
    assert written_figures["metrics"] == {"train-rmse": 0.5}
    assert written_figures["history"] == {"train-rmse": [1.0, 1.0, 1.0]}


@pytest.mark.parametrize("features", [1, 20, 21, 1000])
@pytest.mark.parametrize("classes", [2, 50])
@pytest.mark.parametrize("rounds", [1, 4000])
def test_sizes(tmp_path: Path, features: int, classes: int, rounds: int) -> None:
    summary = Summary(
        title="t",
        history={"train-mlogloss": [1 / (1 + x) for x in range(rounds)]},
        importances={f"feature {place} {'x' * 300}": float(place) for place in range(features)},
        confusion=Confusion("train", [str(place) for place in range(classes)], np.eye(classes, dtype=int).tolist()),
    )
    html, _, _ = written(tmp_path, summary)
    assert len(html) < 700_000
    assert html.count('class="bar"') == min(features, 20)


def test_a_full_or_missing_directory_is_a_platform_error(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"metrics\.json"):
        report.write(tmp_path / "gone", FULL, ENVIRONMENT)


def test_text_is_escaped_and_style_refuses_markup() -> None:
    assert breakable("sampled_a<b") == "sampled_<wbr/>a&lt;b"
    assert text("<a b='c'>&\"\x07") == "&lt;a b=&#x27;c&#x27;&gt;&amp;&quot;\ufffd"
    assert element("p", text("x"), class_="a", data_x=1.0, title=None) == '<p class="a" data-x="1">x</p>'
    with pytest.raises(ValueError, match="style sheet"):
        style("</style><script>")


def palettes() -> list[dict[str, str]]:
    """The colours of light, dark and paper, in this order."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in blocks)
    return [light, dark, light | paper]


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.1, contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", palettes(), ids=["light", "dark", "paper"])
def test_text_is_readable(colours: dict[str, str]) -> None:
    for ground in ("page", "card"):
        for ink in ("ink", "muted", "s0"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for line in ("s0", "s1", "s2", "s3", "mark"):
        assert contrast(colours[line], colours["card"]) >= 3, line
    for cell in ("right", "wrong"):
        assert contrast(colours["ink"], colours[cell]) >= 4.5, cell
