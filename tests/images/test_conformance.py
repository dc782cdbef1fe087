"""The contract check against real containers: of an image that keeps the contract, of ones that break it, of ours."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from containers.build import images
from local_mode.conformance import arguments, catalogue, cli
from local_mode.conformance.check import Severity, Verdict
from local_mode.conformance.checks import serving_faults
from local_mode.conformance.report import Report

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parent.parent.parent
PROGRAMS = ROOT / "tests" / "data" / "contract_image"
GOOD = f"""\
FROM {images.reference(images.BASE)}
COPY train.py /usr/local/bin/train
COPY serve.py /usr/local/bin/serve
ENTRYPOINT []
HEALTHCHECK NONE
LABEL com.amazonaws.sagemaker.capabilities.multi-models=true
"""
HYPERPARAMETERS = "seconds=0.3 shuffle=False"
ROW = "0.1,0.2,0.3\n"
Build = Callable[..., str]
Check = Callable[..., Report]


@pytest.fixture(scope="module")
def build(docker_client: DockerClient) -> Iterator[Build]:
    """Build an image from the lines of a Dockerfile, which may COPY what lies in tests/data/contract_image."""
    built: list[str] = []

    def build(name: str, dockerfile: str, **files: bytes) -> str:
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            own = {path.name: path.read_bytes() for path in PROGRAMS.glob("*.py")}
            for file, content in {**own, **files, "Dockerfile": dockerfile.encode()}.items():
                info = tarfile.TarInfo(file)
                info.size, info.mode = len(content), 0o755
                tar.addfile(info, io.BytesIO(content))
        tag = f"contract-check-{name}:test"
        docker_client.images.build(fileobj=io.BytesIO(context.getvalue()), custom_context=True, tag=tag, rm=True)
        built.append(tag)
        return tag

    yield build
    for tag in built:
        docker_client.images.remove(tag, force=True)


@pytest.fixture(scope="module")
def good(build: Build) -> str:
    return build("good", GOOD)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Check an image: `check(reference, "serving.ping", env="FAULTS=x")` gives the report."""

    def check(reference: str, *only: str, **options: str) -> Report:
        argv = [reference, "--report", str(tmp_path / "report")]
        for name, value in options.items():
            argv += [f"--{name.replace('_', '-')}", value]
        parsed = arguments.parser().parse_args([*argv, "--only", *only] if only else argv)
        return cli.check(parsed, catalogue.select(parsed.only))

    return check


@pytest.fixture
def model(tmp_path: Path) -> dict[str, str]:
    """The options that give a model of three features and a request for it: nothing has to be trained."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "width").write_text("3")
    (tmp_path / "row.csv").write_text(ROW)
    return {"model": str(tmp_path / "model"), "request": str(tmp_path / "row.csv")}


def seen(report: Report, name: str, severity: Severity | None = None) -> str:
    """The evidence of a check that failed."""
    (finding,) = [finding for finding in report.findings if finding.check.id == name]
    assert finding.verdict is Verdict.FAILED, finding.evidence
    assert severity in (None, finding.severity)
    return finding.evidence


def all_but_passed(report: Report) -> list[str]:
    """What did not pass, with its evidence: an empty list is easier to compare than to explain."""
    findings = (*report.of(Verdict.FAILED), *report.of(Verdict.NOT_TRIED))
    return [f"{finding.check.id}: {finding.evidence}" for finding in findings]


def test_image_that_keeps_the_contract_passes(
    good: str, check: Check, tmp_path: Path, docker_client: DockerClient
) -> None:
    report = check(good, hyperparameters=HYPERPARAMETERS)
    assert all_but_passed(report) == []
    assert not report.refused
    assert json.loads((tmp_path / "report" / "report.json").read_text())["refused"] is False
    assert good in (tmp_path / "report" / "report.html").read_text()
    assert docker_client.containers.list(all=True, filters={"ancestor": good}) == []


def test_training_of_ours_passes(check: Check) -> None:
    """Its serving half is in the README's commands."""
    only = ("image", "training.model", "training.bad-boolean", "training.failure", "training.sigterm")
    options = {"hyperparameters": "num_round=5 enable_categorical=false", "long": "num_round=1000000"}
    assert all_but_passed(check(images.reference("xgboost"), *only, **options)) == []


def test_what_the_image_itself_says(build: Build, check: Check) -> None:
    dockerfile = f"""\
FROM {images.reference(images.BASE)}
COPY serve.py /usr/local/bin/serve
COPY crlf /usr/local/bin/train
RUN mkdir -p /opt/ml/model && touch /opt/ml/model/weights /root/.netrc && chmod 644 /usr/local/bin/serve \\
    && cp /usr/bin/env /usr/bin/owner && chmod 4755 /usr/bin/owner
ENV DB_PASSWORD=hunter2
USER 1000
ENTRYPOINT []
"""
    report = check(build("static", dockerfile, crlf=b"#!/usr/bin/env python3\r\n"), "image")
    assert seen(report, "image.train") == (
        "the first line of /usr/local/bin/train ends in CR LF, so its interpreter is not found: "
        "b'#!/usr/bin/env python3\\r'"
    )
    assert seen(report, "image.serve") == "/usr/local/bin/serve is not executable (mode 644)"
    assert seen(report, "image.opt-ml") == "1 file that the mounts will hide: /opt/ml/model/weights"
    assert seen(report, "image.secrets") == "the environment: DB_PASSWORD, the history: DB_PASSWORD, /root/.netrc"
    assert seen(report, "image.setuid") == "1 file: /usr/bin/owner"
    assert seen(report, "image.user") == "USER 1000"
    assert report.refused


def test_shell_form_swallows_the_word(build: Build, check: Check) -> None:
    dockerfile = f"FROM {images.reference(images.BASE)}\nENTRYPOINT python3 /srv/train.py\n"
    report = check(build("shell", dockerfile), "image.entrypoint", "training.completes", "serving.starts")
    assert "in shell form: 'python3 /srv/train.py' gets the word" in seen(report, "image.entrypoint")
    assert "exit code 2" in seen(report, "training.completes", Severity.REFUSED)
    (finding,) = report.of(Verdict.NOT_TRIED)
    assert finding.evidence.startswith("there is no model to serve: the image trained none")


def test_program_that_is_not_there_is_said_by_the_engine(build: Build, check: Check, model: dict[str, str]) -> None:
    dockerfile = f"FROM {images.reference(images.BASE)}\nRUN rm /usr/local/bin/serve\nENTRYPOINT []\n"
    report = check(build("absent", dockerfile), "image.serve", "serving.starts", "serving.address", **model)
    assert seen(report, "image.serve").startswith("'serve' is not on the image's PATH")
    assert "executable file not found" in seen(report, "serving.starts", Severity.REFUSED)


def test_training_that_passes_everything_over(good: str, check: Check) -> None:
    report = check(good, "training", env="FAULTS=lenient,litter,strict", hyperparameters=HYPERPARAMETERS)
    assert "seconds='not-a-value' (was '0.3'): exit code 0" in seen(report, "training.bad-number")
    assert "shuffle='not-a-value' (was 'False'): exit code 0" in seen(report, "training.bad-boolean")
    assert "as if nothing were wrong" in seen(report, "training.no-channel")
    assert seen(report, "training.places") == "written: /root/cache"
    assert "unknown hyperparameters: ['_tuning_objective_metric'" in seen(report, "training.tuning")


def test_training_that_is_deaf_and_dumb(good: str, check: Check) -> None:
    only = ("training.network", "training.no-channel", "training.failure", "training.sigterm")
    report = check(good, *only, env="FAULTS=network,empty failure,deaf", hyperparameters="seconds=1")
    assert "with a network it completes, without: exit code 1" in seen(report, "training.network", Severity.BITES)
    assert "no text in /opt/ml/output/failure" in seen(report, "training.failure")
    assert "PID 1 has no handler for SIGTERM" in seen(report, "training.sigterm")


def test_training_that_leaves_no_model(good: str, check: Check) -> None:
    report = check(good, "training.completes", "training.model", "serving.ping", env="FAULTS=no model")
    assert seen(report, "training.model", Severity.REFUSED) == "exit code 0, and nothing in /opt/ml/model"
    assert report.refused


def test_trace_is_no_reason(good: str, check: Check) -> None:
    report = check(good, "training.failure", env="FAULTS=trace")
    assert "no channel: a trace takes the first 1024 characters" in seen(report, "training.failure")


def test_endpoint_that_answers_anything(good: str, check: Check, model: dict[str, str]) -> None:
    report = check(good, "serving", env="FAULTS=lenient,exact type,no chunks,parameters,models,exit code", **model)
    assert "words for numbers: 200 0" in seen(report, "serving.garbage")
    assert "text/csv; charset=utf-8: 415" in seen(report, "serving.content-type")
    assert "in two chunks: " in seen(report, "serving.chunked")
    assert "BatchStrategy is 'MultiRecord'" in seen(report, "serving.execution-parameters")
    assert 'GET /models of an endpoint with one model: 200 {"models": []}' in seen(report, "serving.models-route")
    assert "exit code 3" in seen(report, "serving.sigterm", Severity.ADVICE)


def test_endpoint_that_shows_traces_and_dies(good: str, check: Check, model: dict[str, str]) -> None:
    only = ("serving.read-only", "serving.garbage", "serving.trace", "serving.large-body", "serving.slow-clients")
    report = check(good, *only, env="FAULTS=trace,writes to its model,dies of large bodies", **model)
    assert "comes up only where it may write" in seen(report, "serving.read-only")
    assert "words for numbers: 500 Traceback" in seen(report, "serving.garbage")
    assert "500 with 'Traceback (most recent call last)" in seen(report, "serving.trace")
    assert "the container ended with exit code 1" in seen(report, "serving.large-body")
    (finding,) = report.of(Verdict.NOT_TRIED)
    assert finding.evidence == "no endpoint to ask: its container ended during an earlier check"


def test_endpoint_with_one_thread_that_is_deaf(
    good: str, check: Check, model: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_faults, "SERVE_STOP_SECONDS", 1.0)
    report = check(good, "serving.slow-clients", "serving.sigterm", env="FAULTS=one thread,deaf", **model)
    assert "with 40 slow clients, ping 1 of 5: no answer within 2 s" in seen(report, "serving.slow-clients")
    assert seen(report, "serving.sigterm", Severity.BITES) == "it still runs 1 s after SIGTERM"


def test_endpoint_that_listens_to_itself(good: str, check: Check, model: dict[str, str]) -> None:
    only = ("serving.starts", "serving.address", "serving.ping")
    report = check(good, *only, env="FAULTS=loopback", startup_seconds="2", **model)
    assert "/ping did not answer 200 in 2 s" in seen(report, "serving.starts", Severity.REFUSED)
    assert seen(report, "serving.address") == "it listens at 127.0.0.1:8080"
    (finding,) = [finding for finding in report.findings if finding.check.id == "serving.starts"]
    assert finding.seconds < 4, "it was waited for a second time"


def test_label_that_the_image_inherits_is_taken_back(build: Build, check: Check, model: dict[str, str]) -> None:
    line = "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=false\n"
    report = check(build("taken-back", GOOD + line), "serving.bind-to-port", env="FAULTS=port", **model)
    assert all_but_passed(report) == []


def test_all_required_hyperparameters_are_named(check: Check) -> None:
    report = check(images.reference("pca"), "training.completes", hyperparameters="mini_batch_size=10")
    assert report.wants.endswith("; missing: feature_dim, num_components")
    assert not report.refused
    assert not report.good


def test_labels_that_lie(good: str, check: Check, model: dict[str, str]) -> None:
    only = ("serving.bind-to-port", "serving.multi-models", "serving.network")
    report = check(good, *only, env="FAULTS=port,keeps models,network", **model)
    assert "the label claims accept-bind-to-port, and with SAGEMAKER_BIND_TO_PORT=8089: " in seen(
        report, "serving.bind-to-port", Severity.REFUSED
    )
    assert "after its DELETE: 200 {}; expected 404" in seen(report, "serving.multi-models", Severity.REFUSED)
    assert "without a network" in seen(report, "serving.network")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_check_that_is_stopped_leaves_nothing(good: str, docker_client: DockerClient, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "local_mode.conformance", good, "--only", "image.user", "training.completes"]
    with subprocess.Popen(
        [*command, "--hyperparameters", "seconds=300"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        while not docker_client.containers.list(filters={"ancestor": good}):
            assert process.poll() is None
        process.send_signal(number)
    assert process.returncode == 128 + signal.SIGINT
    assert docker_client.containers.list(all=True, filters={"ancestor": good}) == []
