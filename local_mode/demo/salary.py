"""`make demo/salary`: a line through 35 salaries by Linear Learner, beside the line of least squares.

The settings are those of a course's project: RecordIO in, absolute loss, 32 models side by side, 5 epochs.
"""

from __future__ import annotations

import numpy as np

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset
from local_mode.demo import picture, regression
from local_mode.demo.regression import Doubles, Quality
from local_mode.demo.stage import Stage
from local_mode.endpoint import Endpoint
from local_mode.samples.salary import records

TITLE = "Salary by years of experience: one feature, one line, as in SageMaker"
IMAGES = ("linear-learner",)
HYPERPARAMETERS = {
    "feature_dim": "1",
    "predictor_type": "regressor",
    "loss": "absolute_loss",
    "mini_batch_size": "5",
    "epochs": "5",
    "num_models": "32",
}
TOLERANCE = 0.01
"""How much less of the variance than least squares, which explain most of it, a line may explain."""


def run(stage: Stage) -> bool:
    """Whether the line explains nearly as much of the variance as that of least squares."""
    stage.observer.wanted = ("train:objective_loss",)
    with stage.show.step("Data", f"{records.ROWS} rows, made by a program: nobody's salaries"):
        years, salaries = records.make()
        slope, intercept = regression.least_squares(years[:, None], salaries)
        stage.show.say(f"least squares on all rows: salary = {slope:,.2f} x years + {intercept:,.2f}")
        rows = Dataset(years[:, None].astype(np.float32), salaries.astype(np.float32))
        body = recordio_protobuf.encode(rows)
        channel = stage.write("train/part-0.pbr", body, "application/x-recordio-protobuf")
        stage.show.say(f"application/x-recordio-protobuf: {len(body):,} bytes")
    with stage.show.step("Training job", f"sagemaker-linear-learner on the {stage.engine.name} engine"):
        result = stage.train("linear-learner", (channel,), HYPERPARAMETERS)
    model = stage.keep(result, "model.tar.gz")
    with stage.show.step("Endpoint", "text/csv in, JSON out"), stage.endpoint("linear-learner", result) as endpoint:
        line, predicted = invoke(stage, endpoint, years)
    with stage.show.step("Result", "both lines on the rows that they were made from"):
        good = judge(stage, years, salaries, line, predicted)
        stage.show.say(f"again: [bold]make serve/linear-learner MODEL={model}[/]")
    stage.show.console.print()
    return good


def invoke(stage: Stage, endpoint: Endpoint, years: Doubles) -> tuple[tuple[float, float], Doubles]:
    """The model's line (slope, intercept), as its answers at 0 and 1 year have it, and its answers for all rows."""
    answer = endpoint.invoke("5\n", content_type="text/csv").body.decode()
    stage.show.say(f"five years of experience: {answer}")
    nothing, one = regression.ask(endpoint, np.array([[0.0], [1.0]]))
    line = (float(one - nothing), float(nothing))
    stage.show.say(f"the model's line: salary = {line[0]:,.2f} x years + {line[1]:,.2f}")
    return line, regression.ask(endpoint, years[:, None])


def judge(stage: Stage, years: Doubles, salaries: Doubles, line: tuple[float, float], predicted: Doubles) -> bool:
    """Show both lines, in figures and in a picture; whether the model's explains enough."""
    slope, intercept = map(float, regression.least_squares(years[:, None], salaries))
    best = Quality.of(salaries, slope * years + intercept)
    ours = Quality.of(salaries, predicted)
    steepness, start = regression.least_deviations(years, salaries)
    least = Quality.of(salaries, steepness * years + start)
    rows = [("least squares", best), ("least absolute deviations", least), ("Linear Learner, absolute loss", ours)]
    regression.table(stage.show, rows)
    stage.show.say("Linear Learner aims at the second of them; mini-batches of 5 rows end near it, not at it.")
    path = stage.folder / "salary.png"
    lines = {"Linear Learner": line, "least squares": (slope, intercept)}
    picture.line_fit(path, "Salary by years of experience", ("years of experience", "salary"), years, salaries, lines)
    stage.show.say(f"The fit and its residuals: [bold]{path}[/]")
    good = best.r2 - ours.r2 <= TOLERANCE
    if not good:
        stage.show.say(f"[bold red]R2 is {ours.r2:.4f}: at least {best.r2 - TOLERANCE:.4f} is accepted[/]")
    return good
