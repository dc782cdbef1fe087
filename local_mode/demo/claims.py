"""`make demo`: from raw insurance claims to an endpoint's answers, as SageMaker would run it.

The data, its preparation and the hyperparameters are those of a public workshop on fraud detection, so that the
result has a reference to stand beside.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape

from contract.errors import AlgorithmError
from local_mode import scores
from local_mode.channel import Channel
from local_mode.demo.show import Show, verdict
from local_mode.demo.stage import Stage
from local_mode.endpoint import Endpoint
from local_mode.result import Result
from local_mode.samples.claims import features

TITLE = "Fraud in car-insurance claims: from raw records to answers, as in SageMaker"
IMAGES = ("xgboost",)
ENCODER = "encoder.json"
HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "num_round": "9",
    "max_depth": "3",
    "eta": "0.2",
    "scale_pos_weight": "29",
    "eval_metric": "auc",
}
REFERENCE_AUC = 0.8224
REFERENCE_CONFUSION = [[665, 302], [6, 27]]
"""Of the 1,000 held-out rows, with xgboost 3.2.0."""
TOLERANCE = 0.01


@dataclass(frozen=True)
class Prepared:
    """The claims as files for the training job, and the held-out rows as the endpoint takes them."""

    channels: tuple[Channel, ...]
    encoder: features.Encoder
    test: Sequence[features.Record]
    lines: Sequence[str]


def run(stage: Stage) -> bool:
    """Whether the model's AUC is within 0.01 of the reference's."""
    stage.observer.bar = lambda values: (max(values.values()) - 0.5) * 60
    with stage.show.step("Features", "claims.csv and customers.csv, joined and encoded"):
        prepared = prepare(stage)
    with stage.show.step("Training job", f"sagemaker-xgboost on the {stage.engine.name} engine"):
        result = stage.train("xgboost", prepared.channels, HYPERPARAMETERS)
    with stage.show.step("Endpoint", "what trained the model serves it, too"):
        answers = invoke(stage, prepared, result)
    with stage.show.step("Result", "1,000 claims that the model had not seen"):
        good = judge(stage.show, features.labels(prepared.test), answers)
    stage.show.console.print()
    stage.show.say(f"Training report: [bold]{result.report or 'none'}[/]")
    return good


def prepare(stage: Stage) -> Prepared:
    """Write train/train.csv, validation/validation.csv and encoder.json into the demo's folder."""
    train, test = features.split(features.read())
    encoder = features.fit(train)
    lines, channels = {}, []
    for name, records in (("train", train), ("validation", test)):
        lines[name] = [features.line(encoder.transform(record)) for record in records]
        rows = zip(features.labels(records), lines[name], strict=True)
        table = "".join(f"{label},{line}\n" for label, line in rows)
        channels.append(stage.write(f"{name}/{name}.csv", table, "text/csv"))
    kept = stage.folder / ENCODER
    encoder.save(kept)
    stage.show.say(
        f"{len(train):,} rows to train, {len(test):,} held out; 59 columns: the label and {len(encoder.names)} features"
    )
    stage.show.say(f"The encoder is kept in {kept}: raw claims can be encoded when the model serves")
    return Prepared(tuple(channels), encoder, test, lines["validation"])


def invoke(stage: Stage, prepared: Prepared, result: Result) -> list[float]:
    """Ask the endpoint in csv, in JSON, and with one raw record; its scores of all held-out rows."""
    show = stage.show
    with stage.endpoint("xgboost", result) as endpoint:
        asked = time.monotonic()
        body = endpoint.invoke("\n".join(prepared.lines), content_type="text/csv", accept="text/csv").body
        took = time.monotonic() - asked
        answers = [float(line) for line in body.decode().split()]
        show.say(f"text/csv: {len(answers):,} rows answered in {took * 1000:.0f} ms, the first {answers[0]:.4f}")
        three = [prepared.encoder.transform(record) for record in prepared.test[:3]]
        if not all(map(math.isclose, _in_json(endpoint, three), answers)):
            raise AlgorithmError("the answers in JSON differ from those in csv")
        show.say("application/json: 3 rows, the same answers")
        encoder = features.load(stage.folder / ENCODER)
        raw = {name: value for name, value in prepared.test[0].items() if name != features.LABEL}
        (score,) = _in_json(endpoint, [encoder.transform(raw)])
        told = ", ".join(raw[name] for name in ("incident_type", "incident_severity", "authorities_contacted"))
        show.say(f"a raw claim ({escape(told)}, …), encoded now: fraud with probability {score:.4f}")
        code = endpoint.stop()
    show.say(f"SIGTERM: gone with exit code {code}")
    return answers


def _in_json(endpoint: Endpoint, rows: Sequence[Sequence[float]]) -> list[float]:
    request = json.dumps({"instances": [{"features": row} for row in rows]})
    answer = endpoint.invoke(request, content_type="application/json", accept="application/json")
    return [float(prediction["score"]) for prediction in json.loads(answer.body)["predictions"]]


def judge(show: Show, labels: Sequence[int], answers: Sequence[float]) -> bool:
    """Show AUC and confusion matrix beside the reference's; whether the AUC is within 0.01 of it."""
    area = scores.auc(labels, answers)
    good = abs(area - REFERENCE_AUC) <= TOLERANCE
    rows = [("AUC", verdict(good, f"{area:.4f}"), f"{REFERENCE_AUC:.4f}")]
    words = (("no fraud, taken as such", "no fraud, suspected"), ("fraud, missed", "fraud, found"))
    for word, ours, theirs in zip(words, scores.confusion(labels, answers), REFERENCE_CONFUSION, strict=True):
        rows += [(name, str(own), str(other)) for name, own, other in zip(word, ours, theirs, strict=True)]
    show.table(("", "this run", "reference"), rows)
    if not good:
        show.say(f"[bold red]The AUC is off by {abs(area - REFERENCE_AUC):.4f}: at most {TOLERANCE} is accepted[/]")
    return good
