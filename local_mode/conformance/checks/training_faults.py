"""Training jobs that should fail, and one that is stopped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from contract.errors import PlatformError
from contract.limits import FAILURE_CHARACTERS, TRAIN_STOP_SECONDS
from local_mode.conformance import training_run
from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, count, failed, passed
from local_mode.conformance.checks.training import TRACE
from local_mode.conformance.specimen import LOOKS_SECONDS
from local_mode.conformance.training_run import Trained

if TYPE_CHECKING:
    from local_mode.conformance.specimen import Specimen
    from local_mode.conformance.subject import Subject

OUTPUT = "SageMaker developer guide, 'How Amazon SageMaker Processes Training Output'"
TRAINING = "SageMaker developer guide, 'Use Your Own Training Algorithms'"
NO_CHANNEL = "no channel"
NOT_STARTED = (126, 127)
"""Exit codes of a program that is not there, or cannot be run: it can say nothing."""
UNREADABLE = "not-a-value"
OBJECTIVE = "_tuning_objective_metric"
HANDLER_SECONDS = 20.0
"""How long a long training may take until it hears signals."""
SHARE = 0.8
"""Of a short training's time: by then it must hear them."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOOLEANS = ("true", "false")


def refuses_unreadable_number(subject: Subject) -> Outcome:
    return _refuses_unreadable(subject, "a number", "20", lambda value: _NUMBER.fullmatch(value) is not None)


def refuses_unreadable_boolean(subject: Subject) -> Outcome:
    return _refuses_unreadable(subject, "True or False", "true", lambda value: value.lower() in _BOOLEANS)


def _refuses_unreadable(subject: Subject, kind: str, example: str, fits: Callable[[str], bool]) -> Outcome:
    given = subject.given.hyperparameters
    name = next((name for name, value in given.items() if fits(value)), None)
    if name is None:
        raise ObstacleError(
            f"none given is {kind}, to spoil it: give one that the image takes: --hyperparameters 'NAME={example}'"
        )
    _ = subject.completed_training
    trained = subject.fault(f"{name}={UNREADABLE}", hyperparameters=dict(given) | {name: UNREADABLE})
    return _refused(trained, f"{name}={UNREADABLE!r} (was {given[name]!r})")


def refuses_missing_data(subject: Subject) -> Outcome:
    _ = subject.completed_training
    return _refused(subject.fault(NO_CHANNEL, channels=()), "a job without any channel")


def _refused(trained: Trained, what: str) -> Outcome:
    if trained.completed:
        return failed(f"{what}: exit code 0 after {trained.seconds:.1f} s, as if nothing were wrong")
    if trained.code is None:
        return failed(f"{what}: {trained.said}")
    return passed(f"{what}: exit code {trained.code} after {trained.seconds:.1f} s")


def says_why(subject: Subject) -> Outcome:
    """Of the jobs that failed in the checks above; of one without a channel, where none has."""
    if subject.training.completed and not subject.faults:
        subject.fault(NO_CHANNEL, channels=())
    jobs = subject.faults if subject.training.completed else {"the job of training.completes": subject.training}
    broken = {name: job for name, job in jobs.items() if job.code and job.code not in NOT_STARTED}
    if not broken:
        raise ObstacleError("no training job failed that could have said why")
    for name, trained in broken.items():
        if not trained.failure:
            return failed(f"{name}: {trained.said}; and no text in /opt/ml/output/failure")
        if TRACE in trained.failure:
            return failed(f"{name}: a trace takes the first {FAILURE_CHARACTERS} characters: {trained.failure}")
    name, trained = next(iter(broken.items()))
    return passed(f"{name}: {trained.failure}")


def ignores_what_tuning_adds(subject: Subject) -> Outcome:
    _ = subject.completed_training
    extra = dict(subject.given.hyperparameters) | {OBJECTIVE: "validation:error"}
    trained = training_run.run(subject, "tuning", hyperparameters=extra)
    return passed(trained.said) if trained.completed else failed(f"{trained.said}; {trained.failure}")


def stops_on_sigterm(subject: Subject) -> Outcome:
    natural = subject.completed_training.seconds
    hyperparameters = dict(subject.given.hyperparameters) | dict(subject.given.long)
    specimen = training_run.start(subject, "stopped", hyperparameters=hyperparameters)
    with specimen:
        deaf, heard = _wait_for_handler(specimen, HANDLER_SECONDS if subject.given.long else SHARE * natural)
        began = time.monotonic()
        specimen.terminate()
        code = specimen.ended(TRAIN_STOP_SECONDS)
        seconds = time.monotonic() - began
        if code is None:
            return failed(f"it still runs {TRAIN_STOP_SECONDS:g} s after SIGTERM. {_handler(deaf, heard)}")
        stopped = training_run.collect(subject, "stopped", specimen, code)
    left = sum(path.is_file() for path in stopped.model.rglob("*"))
    said = f"gone {seconds:.1f} s after SIGTERM, exit code {code}, {count(left, 'file')} in /opt/ml/model"
    if heard or not deaf:
        return passed(said)
    return failed(f"{_handler(deaf, heard)}; it ended {seconds:.1f} s later, of itself")


def _wait_for_handler(specimen: Specimen, seconds: float) -> tuple[int, bool]:
    """How often PID 1 was seen deaf to SIGTERM, and whether it heard at the last look."""
    looks = deaf = 0
    deadline = time.monotonic() + seconds
    while specimen.poll() is None and (not looks or time.monotonic() < deadline):
        try:
            hears = specimen.hears_sigterm()
        except (ObstacleError, PlatformError, ValueError, KeyError):
            break  # it cannot be looked into, or ended meanwhile: what it does has to tell
        if hears:
            return deaf, True
        looks += 1
        deaf += hears is False
        time.sleep(LOOKS_SECONDS)
    if not looks and specimen.poll() is None:
        time.sleep(max(0.0, deadline - time.monotonic()))
    if specimen.poll() is not None and not deaf:
        raise ObstacleError(
            "it ended before a signal came: give what makes training take minutes, as in --long 'num_round=100000'"
        )
    return deaf, False


def _handler(deaf: int, heard: bool) -> str:
    if heard:
        return "PID 1 hears SIGTERM"
    return f"PID 1 has no handler for SIGTERM (looked at {deaf} times), so the kernel drops the signal" if deaf else ""


CHECKS = (
    Check(
        "training.bad-number",
        "fails on a hyperparameter that is no number",
        Severity.BITES,
        "Hyperparameters are strings. One that is passed over, unread, trains another model than was asked for.",
        "SageMaker API reference, CreateTrainingJob: HyperParameters",
        "Convert each hyperparameter by its declared type, and end with another exit code than 0 where that fails.",
        refuses_unreadable_number,
    ),
    Check(
        "training.bad-boolean",
        "fails on a hyperparameter that is neither True nor False",
        Severity.BITES,
        'Python\'s False arrives as "False": a text, and true to `if`. Only reading it strictly tells it from a slip.',
        "SageMaker API reference, CreateTrainingJob: HyperParameters",
        'Accept "true"/"false" in any case (and "1"/"0"), and nothing else.',
        refuses_unreadable_boolean,
    ),
    Check(
        "training.no-channel",
        "fails where its data is missing",
        Severity.BITES,
        "A channel that was forgotten or misspelt is an empty place; a model of nothing looks like any other.",
        "SageMaker developer guide, 'How Amazon SageMaker Provides Training Information'",
        "Look for the channel's folder first, and end with another exit code than 0 where it is not there.",
        refuses_missing_data,
    ),
    Check(
        "training.failure",
        "says why it failed in /opt/ml/output/failure",
        Severity.BITES,
        f"The first {FAILURE_CHARACTERS} characters of that file become FailureReason: all that most users see.",
        OUTPUT,
        "Catch the error at the top of the program and write one sentence there: what is wrong, the value, what is "
        "accepted. Keep the trace for the log.",
        says_why,
    ),
    Check(
        "training.tuning",
        "passes over what a tuning job adds",
        Severity.BITES,
        f"Tuning jobs add the hyperparameter {OBJECTIVE} to your own.",
        "seen in hyperparameters.json of tuning jobs",
        "Pass over hyperparameters that begin with _ or sagemaker_.",
        ignores_what_tuning_adds,
    ),
    Check(
        "training.sigterm",
        "ends soon after SIGTERM",
        Severity.BITES,
        "A stopped job, a time limit and the end of a spot instance all send SIGTERM to PID 1 and SIGKILL 120 s later; "
        "what is in /opt/ml/model by then is kept. The kernel drops the signal where PID 1 has no handler.",
        TRAINING,
        "Handle SIGTERM in the program that is PID 1: finish the step, save, exit 0. In a shell script, start the "
        "program with exec.",
        stops_on_sigterm,
    ),
)
