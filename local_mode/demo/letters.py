"""`make demo/letters`: principal components, a classifier on them, and both as one inference pipeline.

A course's project in dimension reduction, on public data: PCA makes 8 components of 16 features, XGBoost tells 26
letters by them, and the pipeline takes raw rows. XGBoost on the raw features stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.dataset import Floats
from local_mode import scores
from local_mode.demo.show import Show, verdict
from local_mode.demo.stage import Stage
from local_mode.deployment import Step
from local_mode.endpoint import Endpoint
from local_mode.pipeline import Pipeline
from local_mode.result import Result
from local_mode.samples.letters import records

TITLE = "Letters: principal components, a classifier, and both in one pipeline, as in SageMaker"
IMAGES = ("pca", "xgboost")
COMPONENTS = {"feature_dim": str(records.FEATURES), "num_components": "8", "mini_batch_size": "500"}
CLASSIFIER = {"objective": "multi:softmax", "num_class": "26", "num_round": "30", "max_depth": "6", "eta": "0.3"}
REFERENCE = {"raw": 0.9423, "components": 0.8498}
"""Accuracies on the 4,000 test rows with numpy's singular vectors and xgboost 3.2.0."""
TOLERANCE = 0.01
CSV = "text/csv"
ENVIRONMENT = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": CSV}
"""Of PCA in the pipeline: of what it can answer in, csv is what the next container can read."""


@dataclass(frozen=True)
class Told:
    """The classes that each way tells of the test rows, and the true ones."""

    true: Sequence[int]
    raw: Sequence[int]
    components: Sequence[int]
    pipeline: Sequence[int]


def run(stage: Stage) -> bool:
    """Whether the accuracies are the reference's, and the pipeline answers as its steps do one by one."""
    return judge(stage.show, learn(stage, *records.read(), CLASSIFIER))


def learn(stage: Stage, features: Floats, classes: Sequence[int], classifier: Mapping[str, str]) -> Told:
    """Train and ask all models; the last fifth of the rows is for the test."""
    engine, cut = stage.engine.name, records.cut(len(classes))
    rows = [",".join(f"{value:g}" for value in row) for row in features.tolist()]
    stage.observer.wanted = ()
    with stage.show.step("PCA", f"a job on the {engine} engine: 8 components of {records.FEATURES} features"):
        channel = stage.write("pca/train/rows.csv", _body(rows[:cut]), f"{CSV};label_size=0")
        pca = stage.train("pca", (channel,), COMPONENTS)
    with stage.show.step("Components", f"all {len(rows):,} rows through PCA's endpoint"):
        with stage.endpoint("pca", pca) as endpoint:
            projected = _lines(endpoint, rows)
        stage.show.say(f"{rows[0]} becomes {projected[0]}")
    models, told = {}, {}
    for name, table in (("raw", rows), ("components", projected)):
        about = f"a job and an endpoint: {len(table[0].split(','))} values a row, {cut:,} rows to train"
        with stage.show.step(f"XGBoost, {name}", about):
            models[name] = classify(stage, name, table[:cut], classes[:cut], classifier)
            with stage.endpoint("xgboost", models[name]) as endpoint:
                told[name] = _classes(endpoint, table[cut:])
    kept = [stage.keep(pca, "pca.tar.gz"), stage.keep(models["components"], "xgboost.tar.gz")]
    steps = (Step("pca", kept[0], ENVIRONMENT), Step("xgboost", kept[1]))
    with stage.show.step("Pipeline", "PCA, then XGBoost: raw rows in, letters out"):
        with stage.pipeline(*steps) as pipeline:
            told["pipeline"] = _classes(pipeline, rows[cut:])
            codes = pipeline.stop()
        said, truth = (records.LETTERS[letter] for letter in (told["pipeline"][0], classes[cut]))
        stage.show.say(f"{rows[cut]} is taken for {said}, and is {truth}")
        stage.show.say(f"SIGTERM: gone with exit codes {', '.join(map(str, codes))}")
        options = " ".join(f"--env 1:{name}={value}" for name, value in ENVIRONMENT.items())
        stage.show.say(f'again: [bold]make serve/pca+xgboost MODEL={kept[0]}+{kept[1]} OPTIONS="{options}"[/]')
    return Told(classes[cut:], told["raw"], told["components"], told["pipeline"])


def classify(
    stage: Stage, name: str, rows: Sequence[str], classes: Sequence[int], classifier: Mapping[str, str]
) -> Result:
    """The training job of a classifier for `rows` of csv."""
    table = _body([f"{label},{row}" for label, row in zip(classes, rows, strict=True)])
    return stage.train("xgboost", (stage.write(f"{name}/train/rows.csv", table, CSV),), classifier)


def judge(show: Show, told: Told) -> bool:
    """Show the accuracies beside the reference's; whether they are near it, and the pipeline's answers its steps'."""
    found = {name: scores.accuracy(told.true, getattr(told, name)) for name in ("raw", "components", "pipeline")}
    with show.step("Result", f"accuracy on {len(told.true):,} letters that no model had seen"):
        near = {name: abs(found[name] - reference) <= TOLERANCE for name, reference in REFERENCE.items()}
        same = list(told.pipeline) == list(told.components)
        show.table(
            ("", "this run", "reference"),
            [
                ("XGBoost on 16 raw features", verdict(near["raw"], f"{found['raw']:.4f}"), f"{REFERENCE['raw']:.4f}"),
                (
                    "XGBoost on 8 components",
                    verdict(near["components"], f"{found['components']:.4f}"),
                    f"{REFERENCE['components']:.4f}",
                ),
                ("PCA and XGBoost as a pipeline", verdict(same, f"{found['pipeline']:.4f}"), "as on 8 components"),
            ],
        )
        if not same:
            show.say("[bold red]The pipeline answers otherwise than its containers do one by one[/]")
        if not all(near.values()):
            show.say(f"[bold red]An accuracy is off by more than {TOLERANCE}[/]")
    show.console.print()
    return same and all(near.values())


def _body(rows: Sequence[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


def _lines(served: Endpoint | Pipeline, rows: Sequence[str]) -> list[str]:
    """The answer's lines, one a row."""
    return served.invoke(_body(rows), content_type=CSV, accept=CSV).body.decode().splitlines()


def _classes(served: Endpoint | Pipeline, rows: Sequence[str]) -> list[int]:
    return [int(float(line)) for line in _lines(served, rows)]
