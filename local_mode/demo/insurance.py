"""`make demo/insurance`: what medical insurance costs, by Linear Learner beside ordinary linear regression.

The encoding, the split and the settings are those of a course's project, which gives the figures of linear
regression to reproduce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from local_mode.channel import Channel
from local_mode.demo import picture, regression
from local_mode.demo.regression import Doubles, Quality
from local_mode.demo.show import Show
from local_mode.demo.stage import Stage
from local_mode.samples.insurance import features
from local_mode.samples.insurance.features import Scales

TITLE = "Premiums of medical insurance: eight features, as in SageMaker"
IMAGES = ("linear-learner",)
HYPERPARAMETERS = {
    "feature_dim": "8",
    "predictor_type": "regressor",
    "mini_batch_size": "100",
    "epochs": "100",
}
LOSSES = {"squared_loss": "squared loss", "absolute_loss": "absolute loss"}
REFERENCE = Quality(rmse=5796.284, mae=4181.195, r2=0.783593)
"""Of ordinary linear regression on the 268 test rows."""
SAME = 1e-6
"""How far, relatively, ordinary linear regression may be from its figures: it is the same computation."""
TOLERANCE = 0.01
"""How far, relatively, the RMSE with squared loss may be above that of ordinary linear regression."""
SCALES = "scales.json"


def run(stage: Stage) -> bool:
    """Whether linear regression has the reference's figures, and Linear Learner with squared loss nearly its RMSE."""
    stage.observer.wanted = ()
    train, test = features.split(features.read())
    inputs, charges = features.table(test)
    with stage.show.step("Features", f"{len(train):,} records to train, {len(test)} to test"):
        scales, channel = prepare(stage, train)
        weights = regression.least_squares(*features.table(train))
        qualities = {"ordinary linear regression": Quality.of(charges, regression.predict(weights, inputs))}
    for loss, words in LOSSES.items():
        with stage.show.step(f"Linear Learner, {words}", f"a job and an endpoint on the {stage.engine.name} engine"):
            predicted = learn(stage, channel, scales, test, loss)
            qualities[f"Linear Learner, {words}"] = Quality.of(charges, predicted)
            smokers = np.array([record["smoker"] == "yes" for record in test])
            path = stage.folder / f"{loss}.png"
            title = f"Insurance charges: Linear Learner, {words}"
            picture.predictions(path, title, "charges", charges, predicted, {"smokers": smokers, "others": ~smokers})
            stage.show.say(f"The fit and its residuals: [bold]{path}[/]")
    with stage.show.step("Result", f"{len(test)} insured that the models had not seen"):
        good = judge(stage.show, qualities)
    stage.show.console.print()
    return good


def prepare(stage: Stage, train: Sequence[features.Record]) -> tuple[Scales, Channel]:
    """Write the scaled training rows, label first, and the scales into the demo's folder."""
    inputs, charges = features.table(train)
    scales = features.fit(inputs, charges)
    kept = stage.folder / SCALES
    scales.save(kept)
    stage.show.say(f"8 features: {', '.join(features.NAMES)}; they and the label are scaled")
    stage.show.say(f"The scales are kept in {kept}: raw records can be scaled when the model serves")
    rows = np.column_stack((scales.label(charges), scales.features(inputs)))
    return scales, stage.write("train/train.csv", regression.lines(rows), "text/csv")


def learn(stage: Stage, channel: Channel, scales: Scales, test: Sequence[features.Record], loss: str) -> Doubles:
    """Train with this loss, and ask the endpoint: the charges (rows,) that it predicts of the test records."""
    result = stage.train("linear-learner", (channel,), HYPERPARAMETERS | {"loss": loss})
    model = stage.keep(result, f"{loss}.tar.gz")
    inputs, _ = features.table(test)
    with stage.endpoint("linear-learner", result) as endpoint:
        predicted = scales.charges(regression.ask(endpoint, scales.features(inputs)))
        kept = features.load(stage.folder / SCALES)
        raw = {name: value for name, value in test[0].items() if name != features.LABEL}
        (score,) = regression.ask(endpoint, kept.features(np.array([features.encode(raw)])))
        stage.show.say(f"a raw record ({', '.join(f'{name} {value}' for name, value in raw.items())}), scaled now:")
        stage.show.say(f"the endpoint answers {score:.4f}: charges of {float(kept.charges(score)):,.0f}")
    stage.show.say(f"again: [bold]make serve/linear-learner MODEL={model}[/]")
    return predicted


def judge(show: Show, qualities: Mapping[str, Quality]) -> bool:
    """Show all beside the reference; whether the two that have one are close enough."""
    ordinary, squared, _ = qualities.values()
    regression.table(show, [("the reference of linear regression", REFERENCE), *qualities.items()])
    same = all(
        abs(ours - theirs) <= SAME * theirs
        for ours, theirs in (
            (ordinary.rmse, REFERENCE.rmse),
            (ordinary.mae, REFERENCE.mae),
            (ordinary.r2, REFERENCE.r2),
        )
    )
    if not same:
        show.say("[bold red]linear regression differs from its reference: the rows or the split are others[/]")
    most = REFERENCE.rmse * (1 + TOLERANCE)
    close = squared.rmse <= most
    if not close:
        show.say(f"[bold red]RMSE with squared loss is {squared.rmse:,.2f}: at most {most:,.2f} is accepted[/]")
    return same and close
