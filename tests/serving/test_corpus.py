"""Every request of tests/corpus, sent to `serve` as it runs. tests/images sends them to every image."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract import artifact, manifest
from tests.corpus import cases, client
from tests.corpus.cases import Case
from tests.corpus.interface import Interface

if TYPE_CHECKING:
    from conftest import Server

NUMBERS = {
    "http/framing": 16,
    "http/size": 10,
    "http/types": 16,
    "csv": 24,
    "json": 24,
    "jsonlines": 8,
    "npy": 12,
    "libsvm": 10,
    "semantics": 12,
    "http/routes": 10,
    "http/injection": 8,
}
"""The fewest cases of each kind: 150."""
NO_MISSING = Interface(missing_allowed=False)
MILLION_CHUNKS = cases.Case(cases.CORPUS / "http/size/200-chunks_1m_of_one_byte.http.repeat")
MILLION_CHUNKS_SECONDS = 3


@pytest.mark.parametrize("case", cases.served(), ids=str)
def test_request_gets_the_answer_of_its_name(corpus_server: Server, case: Case) -> None:
    """No worker dies of it, nothing in it is run, the log stays honest, and the next ping is answered."""
    workers, logged = corpus_server.workers(), corpus_server.log.stat().st_size
    assert len(workers) == 2
    assert client.complaint(case, corpus_server.port) == ""
    assert corpus_server.workers() == workers
    assert client.faults_of_log(corpus_server.log.read_bytes()[logged:].decode()) == []
    assert not Path("pickle-was-run").exists()


def test_requests_that_a_model_without_missing_values_gets(
    tmp_path: Path, corpus_model: bytes, launch: Callable[..., Server]
) -> None:
    good = manifest.decode((cases.CORPUS / "models" / "good" / "model.json").read_bytes())
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "xgboost-model").write_bytes(corpus_model)
    schema = replace(good.features, count=cases.FEATURES, missing_allowed=False)
    artifact.write(tmp_path / "model", replace(good, features=schema))
    server = launch(tmp_path).ready()
    asked = [
        case
        for case in cases.served(NO_MISSING)
        if case.folder == cases.SEMANTICS or case.status != Case(case.path).status
    ]
    assert {case.status for case in asked} == {200, 400}
    assert {str(case): client.complaint(case, server.port) for case in asked} == {str(case): "" for case in asked}


def test_a_million_chunks_of_one_byte_are_read_quickly(corpus_server: Server) -> None:
    started = time.monotonic()
    assert client.complaint(MILLION_CHUNKS, corpus_server.port) == ""
    assert time.monotonic() - started < MILLION_CHUNKS_SECONDS


@pytest.mark.parametrize(("folder", "number"), NUMBERS.items())
def test_no_kind_of_request_is_left_out(folder: str, number: int) -> None:
    assert len(cases.find(folder)) >= number


def test_there_are_as_many_as_the_documents_say() -> None:
    assert len(cases.served()) > 400


def test_every_expectation_has_its_case() -> None:
    folders = (*cases.BODIES, *cases.WIRE, cases.SEMANTICS)
    beside = {path for folder in folders for path in (cases.CORPUS / folder).glob("*.expected")}
    assert beside <= {
        case.path.with_name(case.path.name.removesuffix(".repeat") + ".expected") for case in cases.find(*folders)
    }
