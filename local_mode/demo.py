"""`make demo`: from raw insurance claims to an endpoint's answers, as SageMaker would run it.

The data, its preparation and the hyperparameters are those of a public workshop on fraud detection, so that the
result has a reference to stand beside.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import signal
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.status import Status
from rich.table import Table

from containers.build.daemon import CHOICES
from contract.errors import AlgorithmError, PlatformError, UserError
from local_mode import scores
from local_mode.channel import Channel
from local_mode.endpoint import Endpoint
from local_mode.engine import Engine, choose
from local_mode.invocation import ModelError
from local_mode.observer import Observer
from local_mode.request import Request
from local_mode.result import Result
from local_mode.samples.claims import features
from local_mode.training_job import TrainingJob

FOLDER = Path("build") / "demo"
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

    folder: Path
    encoder: features.Encoder
    test: Sequence[features.Record]
    lines: Sequence[str]

    def channels(self) -> tuple[Channel, ...]:
        return tuple(Channel(name, self.folder / name, "text/csv") for name in ("train", "validation"))


@dataclass
class Show:
    """What the user sees: a headline and the time for each step, its lines indented below."""

    console: Console
    steps: int = 0
    waiting: Status | None = None

    @contextlib.contextmanager
    def step(self, title: str, about: str) -> Iterator[None]:
        self.steps += 1
        self.console.print(f"\n[bold cyan]{self.steps}[/]  [bold]{escape(title)}[/]  [dim]{escape(about)}[/]")
        started = time.monotonic()
        try:
            yield
        finally:
            self.go_on()
        self.say(f"[green]✓[/] [dim]{time.monotonic() - started:.1f} s[/]")

    def say(self, markup: str) -> None:
        self.go_on()
        self.console.print(f"   {markup}", highlight=False, soft_wrap=True)

    def wait(self, markup: str) -> None:
        """Rewrites one line on a terminal; elsewhere the first of several on end stands for all."""
        if self.waiting is None:
            if not self.console.is_terminal:
                self.say(markup)
            self.waiting = self.console.status(markup)
            self.waiting.start()
        self.waiting.update(markup)

    def go_on(self) -> None:
        """What was waited for is there."""
        if self.waiting is not None:
            self.waiting.stop()
            self.waiting = None


@dataclass
class Rounds(Observer):
    """Shows a training job's rounds as their metrics are found in its log."""

    show: Show
    seen: int = 0
    notes: set[str] = field(default_factory=set)

    def metrics(self, values: Mapping[str, float]) -> None:
        found = "   ".join(f"{name} [bold]{value:.4f}[/]" for name, value in sorted(values.items()))
        best = max(values.values())
        self.show.say(f"[dim]round {self.seen}[/]   {found}   [cyan]{'━' * round(max(0.0, best - 0.5) * 60)}[/]")
        self.seen += 1

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.add(text)
            self.show.say(f"[yellow]note[/] {escape(text)}")

    def progress(self, text: str) -> None:
        self.show.wait(f"[dim]{escape(text)}[/]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; 0, 1 where the result is not the reference's, else the exit code of the error's kind."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--engine", choices=CHOICES, help="default: the environment's ENGINE, else auto")
    choice = parser.parse_args(arguments).engine
    show = Show(Console())
    try:
        return run(show, choice)
    except (UserError, AlgorithmError, PlatformError) as error:
        show.console.print(f"\n[bold red]error[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return error.exit_code
    except ModelError as error:
        show.console.print(f"\n[bold red]error[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return AlgorithmError.exit_code
    except KeyboardInterrupt:
        show.console.print("\nstopped; everything is removed")
        return 128 + signal.SIGINT


def run(show: Show, choice: str | None) -> int:
    started = time.monotonic()
    show.console.print("[bold]Fraud in car-insurance claims: from raw records to answers, as in SageMaker[/]")
    observer = Rounds(show)
    with choose(choice, progress=observer.progress) as engine:
        with show.step("Features", "claims.csv and customers.csv, joined and encoded"):
            prepared = prepare(show, FOLDER)
        with show.step("Training job", f"sagemaker-xgboost on the {engine.name} engine"):
            result = train(show, prepared, engine, observer)
        with show.step("Endpoint", "what trained the model serves it, too"):
            answers = invoke(show, prepared, result, engine, observer)
        with show.step("Result", "1,000 claims that the model had not seen"):
            good = judge(show, features.labels(prepared.test), answers)
    show.console.print()
    show.say(f"Training report: [bold]{result.report or 'none'}[/]")
    show.say(f"Everything is stopped and removed; the files stay in {FOLDER}/")
    show.say(f"[bold]{time.monotonic() - started:.1f} s[/] in all")
    return 0 if good else 1


def prepare(show: Show, folder: Path) -> Prepared:
    """Write train/train.csv, validation/validation.csv and encoder.json into a fresh `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    train, test = features.split(features.read())
    encoder = features.fit(train)
    lines = {}
    for name, records in (("train", train), ("validation", test)):
        lines[name] = [features.line(encoder.transform(record)) for record in records]
        rows = zip(features.labels(records), lines[name], strict=True)
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.csv").write_text("".join(f"{label},{line}\n" for label, line in rows))
    encoder.save(folder / "encoder.json")
    show.say(
        f"{len(train):,} rows to train, {len(test):,} held out; 59 columns: the label and {len(encoder.names)} features"
    )
    show.say(f"The encoder is kept in {folder / 'encoder.json'}: raw claims can be encoded when the model serves")
    return Prepared(folder, encoder, test, lines["validation"])


def train(show: Show, prepared: Prepared, engine: Engine, observer: Observer) -> Result:
    """The training job, its rounds shown as they come. Raises AlgorithmError with its failure reason."""
    show.say("[dim]" + escape("  ".join(f"{name}={value}" for name, value in HYPERPARAMETERS.items())) + "[/]")
    request = Request("xgboost", prepared.channels(), HYPERPARAMETERS)
    result = TrainingJob(request, output=prepared.folder / "jobs", engine=engine, observer=observer).run()
    if result.status != "Completed" or result.model is None:
        raise AlgorithmError(f"the training job ended as {result.status}: {result.failure_reason}")
    with tarfile.open(result.model) as archive:
        names = ", ".join(f"{member.name} ({member.size:,} bytes)" for member in archive if member.isfile())
    show.say(f"{result.status}: model.tar.gz with {names}")
    return result


def invoke(show: Show, prepared: Prepared, result: Result, engine: Engine, observer: Observer) -> list[float]:
    """Ask the endpoint in csv, in JSON, and with one raw record; its scores of all held-out rows."""
    if result.model is None:
        raise AlgorithmError("the training job left no model")
    with Endpoint("xgboost", result.model, engine=engine, observer=observer) as endpoint:
        asked = time.monotonic()
        body = endpoint.invoke("\n".join(prepared.lines), content_type="text/csv", accept="text/csv").body
        took = time.monotonic() - asked
        answers = [float(line) for line in body.decode().split()]
        show.say(f"text/csv: {len(answers):,} rows answered in {took * 1000:.0f} ms, the first {answers[0]:.4f}")
        three = [prepared.encoder.transform(record) for record in prepared.test[:3]]
        if not all(map(math.isclose, _in_json(endpoint, three), answers)):
            raise AlgorithmError("the answers in JSON differ from those in csv")
        show.say("application/json: 3 rows, the same answers")
        encoder = features.load(prepared.folder / "encoder.json")
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
    table = Table("", "this run", "reference", box=None, header_style="dim", padding=(0, 3, 0, 0))
    table.add_row("AUC", f"[bold {'green' if good else 'red'}]{area:.4f}[/]", f"{REFERENCE_AUC:.4f}")
    words = (("no fraud, taken as such", "no fraud, suspected"), ("fraud, missed", "fraud, found"))
    for word, ours, theirs in zip(words, scores.confusion(labels, answers), REFERENCE_CONFUSION, strict=True):
        for row in zip(word, ours, theirs, strict=True):
            table.add_row(*map(str, row))
    show.console.print(Padding(table, (0, 0, 0, 3)))
    if not good:
        show.say(f"[bold red]The AUC is off by {abs(area - REFERENCE_AUC):.4f}: at most {TOLERANCE} is accepted[/]")
    return good


if __name__ == "__main__":
    sys.exit(main())
