"""A training job that should complete, and what it leaves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, count, cut, failed, passed

if TYPE_CHECKING:
    from local_mode.conformance.subject import Subject

INFORMATION = "SageMaker developer guide, 'How Amazon SageMaker Provides Training Information'"
OUTPUT = "SageMaker developer guide, 'How Amazon SageMaker Processes Training Output'"
SCRATCH = ("/opt/ml", "/tmp", "/var/tmp", "/dev", "/run", "/proc", "/sys")  # noqa: S108 - names to compare with
TRACE = "Traceback (most recent call last)"
LISTED = 6
SAID = 240
"""Characters of a failure text in a headline."""
LONG_ENOUGH_SECONDS = 3.0
TOGETHER_SHARE = 0.1
"""Lines that all come within the last part of a run this long were held back."""
_HYPERPARAMETER = re.compile(r"hyper-?parameter(?!s?\.json)", re.IGNORECASE)


def completes(subject: Subject) -> Outcome:
    trained = subject.training
    if trained.completed:
        return passed(trained.said)
    reason = f"; output/failure: {trained.failure}" if trained.failure else ""
    if trained.code and _HYPERPARAMETER.search(trained.failure) and TRACE not in trained.failure:
        # The image is as it should be: it says what it was not told.
        wants = f"--hyperparameters suit the image: {cut(trained.failure, SAID)}"
        if subject.missing:
            wants = f"--hyperparameters gives all that the image requires; missing: {', '.join(subject.missing)}"
        raise ObstacleError(trained.said + reason, wants=wants)
    return failed(trained.said + reason)


def leaves_a_model(subject: Subject) -> Outcome:
    trained = subject.completed_training
    files = [path for path in trained.model.rglob("*") if path.is_file()]
    if not files:
        return failed("exit code 0, and nothing in /opt/ml/model")
    size = sum(path.stat().st_size for path in files)
    return passed(
        f"{count(len(files), 'file')}, {size / 1000:,.1f} kB: {', '.join(sorted(path.name for path in files)[:LISTED])}"
    )


def needs_no_network(subject: Subject) -> Outcome:
    without = subject.first_training
    if without.completed:
        return passed("it trained in a container without any network")
    if not subject.training.completed:
        raise ObstacleError("it does not train with a network either (see training.completes)")
    return failed(f"with a network it completes, without: {without.said}")


def writes_where_it_may(subject: Subject) -> Outcome:
    found = [path for path in subject.completed_training.changes if not _scratch(path)]
    if not found:
        return passed("nothing written outside of /opt/ml and /tmp")
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return failed(f"written: {', '.join(found[:LISTED])}{more}")


def _scratch(path: str) -> bool:
    return any(path == place or path.startswith(place + "/") for place in SCRATCH)


def logs_at_once(subject: Subject) -> Outcome:
    trained = subject.completed_training
    if not trained.lines:
        return failed("it printed nothing: no log to look into, no metric to find")
    unbuffered = any(re.match("PYTHONUNBUFFERED=.", text) for text in subject.config.get("Env") or [])
    if trained.seconds < LONG_ENOUGH_SECONDS:
        if unbuffered:
            return passed("PYTHONUNBUFFERED is set")
        raise ObstacleError(f"the training took {trained.seconds:.1f} s: too short to see when its lines come")
    held = trained.seconds - trained.lines[0]
    said = f"first line {trained.lines[0]:.1f} s after the start, the end after {trained.seconds:.1f} s"
    if held < TOGETHER_SHARE * trained.seconds and not unbuffered:
        return failed(f"{said}: all {len(trained.lines)} lines came together")
    return passed(said)


CHECKS = (
    Check(
        "training.completes",
        "trains, and ends with exit code 0",
        Severity.REFUSED,
        "Exit code 0 is Completed, any other is Failed. Hyperparameters come as strings, inputs are read-only.",
        INFORMATION,
        "Read the lines shown. Where the data or hyperparameters tried do not suit the image, give your own: "
        '--train PATH --content-type TYPE --hyperparameters "name=value ...". Convert hyperparameters from text: '
        '"False" is a text, and true.',
        completes,
    ),
    Check(
        "training.model",
        "leaves a model in /opt/ml/model",
        Severity.REFUSED,
        "The content of /opt/ml/model becomes model.tar.gz. Without any there is none, though the job says Completed, "
        "and an endpoint cannot be created from it.",
        OUTPUT,
        "Save everything that serving needs below /opt/ml/model, encoders and label names too.",
        leaves_a_model,
    ),
    Check(
        "training.network",
        "needs no network",
        Severity.BITES,
        "With EnableNetworkIsolation, or in a closed subnet, there is no S3, no package index, no credentials.",
        "SageMaker developer guide, 'Run Training and Inference Containers in Internet-Free Mode'",
        "Install at build time what is installed at start; read channels from /opt/ml/input/data.",
        needs_no_network,
    ),
    Check(
        "training.places",
        "writes only to /opt/ml and /tmp",
        Severity.ADVICE,
        "What lies elsewhere is lost with the container, and counts against a small root volume.",
        OUTPUT,
        "Write results to /opt/ml/model and /opt/ml/output/data, checkpoints to /opt/ml/checkpoints, scratch to /tmp.",
        writes_where_it_may,
    ),
    Check(
        "training.log",
        "prints its log as it trains",
        Severity.BITES,
        "The log is where CloudWatch finds metrics; what is held back is lost with a job that is killed.",
        "SageMaker developer guide, 'Monitor and Analyze Training Jobs Using Amazon CloudWatch Metrics'",
        "ENV PYTHONUNBUFFERED=1, or flush after each line.",
        logs_at_once,
    ),
)
