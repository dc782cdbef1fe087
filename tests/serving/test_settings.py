from __future__ import annotations

import pytest

from contract import limits, resources
from contract.errors import UserError
from serving.settings import MEBIBYTE, UNBOUNDED, Settings


def test_defaults_come_from_the_contract_and_the_cpus() -> None:
    settings = Settings.of_environment({})
    assert (settings.port, settings.payload_bytes, settings.accept) == (limits.PORT, limits.PAYLOAD_BYTES, "")
    assert (settings.workers, settings.threads) == (resources.cpus(), 1)


def test_address_is_every_one_unless_named() -> None:
    assert Settings.of_environment({}).address == "0.0.0.0"
    assert Settings.of_environment({"SAGEMAKER_BIND_ADDRESS": "127.0.0.1"}).address == "127.0.0.1"


@pytest.mark.parametrize(("workers", "threads"), [("1", 4), ("2", 2), ("3", 1), ("4", 1), ("9", 1)])
def test_workers_and_threads_are_planned_together(monkeypatch: pytest.MonkeyPatch, workers: str, threads: int) -> None:
    monkeypatch.setattr(resources, "cpus", lambda: 4)
    settings = Settings.of_environment({"SAGEMAKER_MODEL_SERVER_WORKERS": workers})
    assert (settings.workers, settings.threads) == (int(workers), threads)


@pytest.mark.parametrize(
    ("megabytes", "payload", "workers"),
    [(512, "6", 3), (64, "6", 1), (8192, "6", 4), (8192, "25", 4), (2048, "25", 3), (512, "0", 2)],
)
def test_no_more_workers_than_their_largest_requests_have_memory_for(
    monkeypatch: pytest.MonkeyPatch, megabytes: int, payload: str, workers: int
) -> None:
    monkeypatch.setattr(resources, "cpus", lambda: 4)
    monkeypatch.setattr(resources, "memory_bytes", lambda: megabytes * MEBIBYTE)
    assert Settings.of_environment({"SAGEMAKER_MAX_PAYLOAD_IN_MB": payload}).workers == workers


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"MAX_CONTENT_LENGTH": "1000"}, 1000),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "20"}, 20 * MEBIBYTE),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "20", "MAX_CONTENT_LENGTH": "1000"}, 20 * MEBIBYTE),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "100"}, 100 * MEBIBYTE),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"}, UNBOUNDED),
        ({"MAX_CONTENT_LENGTH": str(1024 * MEBIBYTE)}, 1024 * MEBIBYTE),
    ],
)
def test_payload_limit(environ: dict[str, str], expected: int) -> None:
    assert Settings.of_environment(environ).payload_bytes == expected


@pytest.mark.parametrize(
    ("megabytes", "payload", "whole"),
    [(8192, "6", 6), (512, "25", 25), (8192, "26", 25), (1000, "100", 20), (512, "0", 512 / 50), (100, "0", 6)],
)
def test_whole_bodies_are_those_of_an_endpoint_or_what_half_of_the_memory_allows(
    monkeypatch: pytest.MonkeyPatch, megabytes: int, payload: str, whole: float
) -> None:
    monkeypatch.setattr(resources, "memory_bytes", lambda: megabytes * MEBIBYTE)
    found = Settings.of_environment({"SAGEMAKER_MAX_PAYLOAD_IN_MB": payload}).whole_bytes
    assert found == int(whole * MEBIBYTE)


@pytest.mark.parametrize(("transforms", "workers", "threads"), [("0", 4, 1), ("1", 1, 4), ("2", 2, 2), ("64", 4, 1)])
def test_no_more_workers_than_transforms_at_once(
    monkeypatch: pytest.MonkeyPatch, transforms: str, workers: int, threads: int
) -> None:
    monkeypatch.setattr(resources, "cpus", lambda: 4)
    settings = Settings.of_environment({"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": transforms})
    assert (settings.workers, settings.threads) == (workers, threads)
    wished = {"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": transforms, "SAGEMAKER_MODEL_SERVER_WORKERS": "3"}
    assert Settings.of_environment(wished).workers == 3


def test_strategy_is_the_jobs() -> None:
    assert Settings.of_environment({}).strategy == "MULTI_RECORD"
    assert Settings.of_environment({"SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD"}).strategy == "SINGLE_RECORD"


def test_batch_ensemble_outputs_and_accept() -> None:
    environ = {
        "SAGEMAKER_BATCH": "True",
        "SAGEMAKER_INFERENCE_ENSEMBLE": "false",
        "SAGEMAKER_INFERENCE_OUTPUT": " Probability, labels,",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/json",
    }
    settings = Settings.of_environment(environ)
    assert settings.batch
    assert not settings.ensemble
    assert settings.outputs == ("probability", "labels")
    assert settings.accept == "application/json"


def test_user_code_is_off_unless_the_image_says_so() -> None:
    assert not Settings.of_environment({}).user_code
    settings = Settings.of_environment(
        {
            "SAGEMAKER_USER_CODE": "true",
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        }
    )
    assert (settings.user_code, settings.program) == (True, "serve.py")
    assert settings.submit_directory == "/opt/ml/model/code"
    assert (settings.accept, settings.script_accept) == ("", "application/json")
    settings = Settings.of_environment({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "image/png"})
    assert settings.accept == settings.script_accept == "image/png"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_USER_CODE", "maybe"),
        ("SAGEMAKER_BIND_TO_PORT", "http"),
        ("SAGEMAKER_BIND_TO_PORT", "0"),
        ("SAGEMAKER_BIND_TO_PORT", "65536"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "0"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "-1"),
        ("MAX_CONTENT_LENGTH", "6MB"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "101"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "-1"),
        ("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "two"),
        ("SAGEMAKER_BATCH_STRATEGY", "ALL_RECORDS"),
        ("SAGEMAKER_BATCH", "maybe"),
    ],
)
def test_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(UserError, match=f"{name}: '{value}' is not accepted"):
        Settings.of_environment({name: value})


@pytest.mark.parametrize("ports", ["8080-8090", "9000-9999", "8080", "a-b"])
def test_safe_range_says_nothing_of_the_port_that_is_given(ports: str) -> None:
    """It is for other ports that a container may open beside it."""
    environ = {"SAGEMAKER_BIND_TO_PORT": "8085", "SAGEMAKER_SAFE_PORT_RANGE": ports}
    assert Settings.of_environment(environ).port == 8085
    assert Settings.of_environment({"SAGEMAKER_SAFE_PORT_RANGE": ports}).port == limits.PORT


@pytest.mark.parametrize(("workers", "megabytes", "transforms"), [(2, 6, 2), (64, 6, 16), (8, 100, 1)])
def test_transforms_stay_within_what_a_job_may_have_in_flight(workers: int, megabytes: int, transforms: int) -> None:
    assert Settings(workers=workers, payload_bytes=megabytes * MEBIBYTE).transforms == transforms


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"}, (4, 0)),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "50"}, (2, 50)),
        ({"MAX_CONTENT_LENGTH": str(1024 * MEBIBYTE)}, (1, 100)),
    ],
)
def test_parameters_are_those_that_a_job_may_have(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], asked: tuple[int, int]
) -> None:
    monkeypatch.setattr(resources, "cpus", lambda: 4)
    settings = Settings.of_environment(environ)
    assert (settings.transforms, settings.payload_megabytes) == asked


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 60),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT": "90"}, 90),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT": "90", "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "7"}, 7),
    ],
)
def test_time_to_compute_has_two_names(environ: dict[str, str], seconds: int) -> None:
    assert Settings.of_environment(environ).seconds == seconds
