"""The program: what `make check IMAGE=repo:tag` stands on."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from containers.build import daemon
from contract.errors import AlgorithmError, PlatformError, UserError
from contract.files import write_atomically
from local_mode.conformance import arguments, catalogue, runner
from local_mode.conformance.check import Check
from local_mode.conformance.console import View
from local_mode.conformance.page import page
from local_mode.conformance.report import Report, values
from local_mode.conformance.specimen import Laboratory
from local_mode.conformance.subject import Given, Subject
from local_mode.docker_engine import DockerEngine
from local_mode.images import find


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 where SageMaker would refuse nothing that was tried, else 1; 3 without an engine.

    It is 1, too, where hyperparameters have to be given before a training can be tried, and for a wrong value of
    an option.
    """
    parsed = arguments.parser().parse_args(argv)
    # Python's own answer to SIGTERM runs no cleanup: containers would stay.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        checks = catalogue.select(parsed.only)
        if parsed.list:
            return _list(checks)
        return 0 if check(parsed, checks).good else 1
    except (UserError, AlgorithmError, PlatformError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, before)


def check(parsed: argparse.Namespace, checks: Sequence[Check]) -> Report:
    """Try the checks, show them, write the report."""
    if not parsed.image:
        raise UserError("which image? make check IMAGE=repo:tag (an image of this project: make check IMAGE=xgboost)")
    reference = find(parsed.image).reference
    given = arguments.given(parsed)
    folder = arguments.folder(parsed, reference)
    client = daemon.connected()
    with (
        View() as view,
        DockerEngine(client) as engine,
        tempfile.TemporaryDirectory(prefix="sagemaker-check-", ignore_cleanup_errors=True) as scratch,
    ):
        subject = Subject(reference, given, Laboratory(client, engine), Path(scratch), view.doing)
        findings = []
        for finding in runner.run(checks, subject):
            view.found(finding)
            findings.append(finding)
        written = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
        identity = str(subject.attributes["Id"])
        report = Report(reference, identity, _said(given, checks), written, tuple(findings))
        view.finished(report, _write(report, folder))
    return report


def _write(report: Report, folder: Path) -> Path:
    """Both files. Raises PlatformError where they cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlatformError(f"cannot make the folder {folder} of the report: {error.strerror}") from error
    write_atomically(folder / "report.json", (json.dumps(values(report), indent=1) + "\n").encode())
    write_atomically(folder / "report.html", page(report).encode())
    return folder / "report.html"


def _said(given: Given, checks: Sequence[Check]) -> str:
    """How it was checked."""
    hyperparameters = shlex.join(f"{name}={value}" for name, value in given.hyperparameters.items())
    left_out = len(catalogue.CHECKS) - len(checks)
    parts = [
        f"Hyperparameters: {hyperparameters or 'none'}.",
        f"Data: {', '.join(str(channel.path) for channel in given.channels) or 'a small table of ours'}.",
    ]
    if given.model:
        parts.append(f"Model: {given.model}.")
    if left_out:
        parts.append(f"{left_out} checks were left out (--only).")
    return " ".join(parts)


def _list(checks: Sequence[Check]) -> int:
    try:
        for each in checks:
            sys.stdout.write(f"{each.id:<34}{each.severity:<23}{each.title}\n{'':<34}{each.rule}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads, `head` for one, has seen enough. Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
