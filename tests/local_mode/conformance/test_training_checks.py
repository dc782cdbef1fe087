"""What checks make of a training job that somebody else ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from local_mode.conformance.check import ObstacleError, Outcome
from local_mode.conformance.checks import image, training, training_faults
from local_mode.conformance.console import SHOWN_CHARACTERS
from local_mode.conformance.programs import Launch
from local_mode.conformance.subject import Given, Subject
from local_mode.conformance.training_run import Trained
from local_mode.conformance.tree import Entry, Tree

Make = Callable[..., Subject]


def trained(code: int | None = 0, *, seconds: float = 10.0, lines: Sequence[float] = (), failure: str = "") -> Trained:
    return Trained(code, seconds, ["the last line"], failure, Path("/nowhere"), [], list(lines))


@pytest.mark.parametrize(
    ("lines", "unbuffered", "passes"),
    [([1.0, 9.0], False, True), ([9.9, 9.95], False, False), ([9.9], True, True), ([], True, False)],
)
def test_lines_that_come_together_at_the_end_were_held_back(
    lines: list[float], unbuffered: bool, passes: bool, subject: Make
) -> None:
    environment = ["PYTHONUNBUFFERED=1"] if unbuffered else ["PYTHONUNBUFFERED="]
    outcome = training.logs_at_once(subject(completed_training=trained(lines=lines), config={"Env": environment}))
    assert outcome.passed is passes


def test_short_training_tells_nothing_of_its_log(subject: Make) -> None:
    with pytest.raises(ObstacleError, match=r"took 0\.5 s: too short"):
        training.logs_at_once(subject(completed_training=trained(seconds=0.5, lines=[0.1]), config={}))


def test_training_that_never_ends_is_not_completed(subject: Make) -> None:
    outcome = training.completes(subject(training=trained(None)))
    assert not outcome.passed
    assert outcome.evidence == "it still ran after 10 s, the limit of this check"


def test_reason_of_a_failed_training_is_evidence(subject: Make) -> None:
    outcome = training.completes(subject(training=trained(3, failure="the disk is full")))
    assert outcome.evidence == "exit code 3 after 10.0 s; last lines: the last line; output/failure: the disk is full"
    assert training_faults.says_why(subject(training=trained(3, failure="the disk is full"), faults={})).passed


def test_a_training_that_asks_for_a_hyperparameter_is_no_fault_of_the_image(subject: Make) -> None:
    wanting = trained(1, failure="hyperparameter 'num_class' is required")
    with pytest.raises(ObstacleError, match=r"exit code 1 .*'num_class' is required") as caught:
        training.completes(subject(training=wanting, missing=()))
    assert caught.value.wants == "--hyperparameters suit the image: hyperparameter 'num_class' is required"


def test_all_that_is_missing_is_named(subject: Make) -> None:
    wanting = trained(1, failure="hyperparameter 'k' is required")
    with pytest.raises(ObstacleError, match="'k' is required") as caught:
        training.completes(subject(training=wanting, missing=("k", "feature_dim")))
    assert caught.value.wants == "--hyperparameters gives all that the image requires; missing: k, feature_dim"


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (training_faults.refuses_unreadable_number, "is a number, .*--hyperparameters 'NAME=20'"),
        (training_faults.refuses_unreadable_boolean, "is True or False, .*--hyperparameters 'NAME=true'"),
    ],
)
def test_what_to_give_is_said(probe: Callable[[Subject], Outcome], said: str, subject: Make) -> None:
    with pytest.raises(ObstacleError, match=said) as caught:
        probe(subject(given=Given(hyperparameters={"objective": "squared"})))
    assert len(str(caught.value)) <= SHOWN_CHARACTERS


@pytest.mark.parametrize(
    "failure", ["Traceback (most recent call last): in hyperparameter()", "cannot read hyperparameters.json", ""]
)
def test_a_training_that_falls_over_its_hyperparameters_is(subject: Make, failure: str) -> None:
    assert not training.completes(subject(training=trained(1, failure=failure))).passed


def test_program_that_did_not_start_can_say_nothing(subject: Make) -> None:
    with pytest.raises(ObstacleError, match="no training job failed that could have said why"):
        training_faults.says_why(subject(training=trained(127), faults={}))


def test_without_a_network_or_with_one(subject: Make) -> None:
    assert training.needs_no_network(subject(first_training=trained(), training=trained())).passed
    assert not training.needs_no_network(subject(first_training=trained(1), training=trained())).passed
    with pytest.raises(ObstacleError, match="does not train with a network either"):
        training.needs_no_network(subject(first_training=trained(1), training=trained(1)))


@pytest.mark.parametrize(
    ("attributes", "passes", "said"),
    [
        ({"Descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json"}}, False, "in this engine"),
        ({"Descriptor": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json"}}, True, "in this engine"),
    ],
)
def test_manifest_of_an_engine_that_knows_it(
    attributes: dict[str, object], passes: bool, said: str, subject: Make
) -> None:
    outcome = image.manifest(subject(attributes=attributes))
    assert outcome.passed is passes
    assert outcome.evidence.startswith(said)


def test_platform_and_size(subject: Make) -> None:
    arm = subject(attributes={"Os": "linux", "Architecture": "arm64", "Size": 11 * 10**9})
    assert image.platform(arm).evidence == "the image is for linux/arm64"
    assert image.size(arm).evidence == "11,000 MB: over 10 GB"


def test_toolkit_code_may_lie_under_opt_ml(subject: Make) -> None:
    tree = Tree({"/opt/ml": Entry("directory"), "/opt/ml/code/train.py": Entry("file")})
    assert image.opt_ml(subject(tree=tree)).passed


def test_init_and_missing_shell_are_said(subject: Make) -> None:
    launch = Launch(("tini", "--", "x"), "/bin", "/")
    assert image.init(subject(launch=launch)).evidence == "ENTRYPOINT starts with tini"
    outcome = image.shell_and_python(subject(launch=launch, tree=Tree({"/bin/python3": Entry("file", 0o755)})))
    assert outcome.evidence == "not on PATH: bash, python"
