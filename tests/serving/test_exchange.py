"""Bodies and answers of any size: what is larger than memory gets the same bytes as what is small."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.codecs import csv_simdjson, jsonlines, libsvm, npy, recordio_protobuf
from contract.dataset import Dataset
from serving import body, predictions, service
from serving.answers import WRITERS
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings
from serving.xgboost.model import XGBoost

ROWS, WIDTH = 700, 4
WHOLE = 1000
"""Bytes that are read into memory in these tests."""
GRID = np.random.default_rng(5).normal(size=(ROWS, WIDTH)).astype(np.float32)
GRID[::7, 2] = np.nan


def opened() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


def lines(form: Callable[[list[float]], str]) -> bytes:
    return "".join(form(row) + "\n" for row in GRID.tolist()).encode()


def saved(grid: np.ndarray[Any, Any]) -> bytes:
    np.save(stream := io.BytesIO(), grid)
    return stream.getvalue()


BODIES = {
    "csv": ("text/csv", lines(lambda row: ",".join(map(str, row)))),
    "semicolons": ("text/csv; charset=utf-8", lines(lambda row: ";".join(map(str, row)))),
    "libsvm": ("text/libsvm", lines(lambda row: " ".join(f"{n}:{value}" for n, value in enumerate(row)))),
    "jsonlines": ("application/jsonlines", lines(lambda row: f'{{"features":{row}}}'.replace("nan", "null"))),
    "recordio": ("application/x-recordio-protobuf", recordio_protobuf.encode(Dataset(GRID))),
    "npy": ("application/x-npy", saved(GRID)),
    "npy in Fortran order": ("application/x-npy", saved(np.asfortranarray(GRID))),
}


@dataclass
class Asked:
    """An answer as a WSGI server sees it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Ask = Callable[..., Asked]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is large otherwise is small here, so that each body has many pieces, and each piece many rows."""
    monkeypatch.setattr(body, "PIECE", 300)
    monkeypatch.setattr(recordio_protobuf, "BLOCK_BYTES", 2000)
    for codec in (csv_simdjson, jsonlines, libsvm, npy):
        monkeypatch.setattr(codec, "BLOCK", 2000)


@pytest.fixture
def application(directory: Callable[..., Path]) -> Callable[..., Application]:
    def make(kind: str = "binary:logistic", **settings: Any) -> Application:
        chosen = Settings(**{"payload_bytes": 1 << 30, "whole_bytes": WHOLE} | settings)
        return Application(Endpoint(chosen, service.load("xgboost", directory(kind), chosen)))

    return make


def send(
    application: Application,
    content: bytes | io.BytesIO,
    content_type: str = "text/csv",
    *,
    chunked: bool = False,
    **more: str,
) -> tuple[Asked, Iterable[bytes]]:
    """The status and headers, and the chunks that are still to come."""
    found = Asked()
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    length = {} if chunked else {"CONTENT_LENGTH": str(len(stream.getvalue()))}
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/invocations", "CONTENT_TYPE": content_type}

    def start(status: str, headers: list[tuple[str, str]]) -> Any:
        found.status, found.headers = int(status[:3]), dict(headers)

    return found, application(environ | length | more | {"wsgi.input": stream}, start)  # type: ignore[arg-type]


def ask(*arguments: Any, **keywords: Any) -> Asked:
    found, chunks = send(*arguments, **keywords)
    found.body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return found


def rows_of_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the model is asked for in each call, from now on."""
    asked: list[int] = []
    predict = XGBoost.predict

    def note(model: XGBoost, rows: Dataset, **more: Any) -> Any:
        asked.append(rows.rows)
        return predict(model, rows, **more)

    monkeypatch.setattr(XGBoost, "predict", note)
    return asked


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_through_a_file_gets_the_answer_of_one_in_memory(
    name: str, chunked: bool, application: Callable[..., Application]
) -> None:
    content_type, content = BODIES[name]
    spooling, whole = application(), application(whole_bytes=1 << 30)
    for accept in WRITERS:
        found = ask(spooling, content, content_type, chunked=chunked, HTTP_ACCEPT=accept)
        assert found.status == 200, found.body
        assert found.headers["Content-Length"] == str(len(found.body))
        assert found.body == ask(whole, content, content_type, HTTP_ACCEPT=accept).body


@pytest.mark.parametrize("settings", [{"batch": True}, {"outputs": ("predicted_label", "probabilities")}, {}])
def test_every_form_of_an_answer_is_the_same_in_blocks(
    settings: dict[str, Any], application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"whole_bytes": 1 << 30} | settings
    for accept, attributes in product(WRITERS, ("", "explain=shap")):
        asked = {"HTTP_ACCEPT": accept, "HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES": attributes}
        monkeypatch.setattr(predictions, "BLOCK_ROWS", ROWS)
        monkeypatch.setattr(predictions, "EXPLAINED_ROWS", ROWS)
        at_once = ask(application("multi:softprob", **large), BODIES["csv"][1], **asked)
        assert at_once.headers["Content-Length"] == str(len(at_once.body))
        monkeypatch.setattr(predictions, "BLOCK_ROWS", 64)
        monkeypatch.setattr(predictions, "EXPLAINED_ROWS", 64)
        streamed = ask(application("multi:softprob", **large), BODIES["csv"][1], **asked)
        assert "Content-Length" not in streamed.headers
        spooled = ask(application("multi:softprob", **settings), BODIES["csv"][1], **asked)
        assert at_once.body == streamed.body == spooled.body
        assert len({found.headers["Content-Type"] for found in (at_once, streamed, spooled)}) == 1


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_bad_row_at_the_end_is_400_with_its_line_in_the_whole_body(
    chunked: bool, application: Callable[..., Application]
) -> None:
    found = ask(application(), BODIES["csv"][1] + b"1,2,x,4\n", chunked=chunked)
    assert found.status == 400
    assert f"line {ROWS + 1}, column 3".encode() in found.body


@pytest.mark.parametrize("content", [b"\n" * 5000, b"1,2,3\n" * 900, b"x" * 5000])
def test_body_without_good_rows_is_400(content: bytes, application: Callable[..., Application]) -> None:
    assert ask(application(), content).status == 400


def test_body_that_breaks_off_is_400_and_leaves_nothing(application: Callable[..., Application]) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if not data:
                raise ValueError("no final chunk")
            return data

    served, before = application(), opened()
    assert ask(served, Broken(BODIES["csv"][1]), chunked=True).status == 400
    assert ask(served, BODIES["csv"][1], CONTENT_LENGTH=str(1 << 20)).status == 400
    assert opened() == before


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_document_larger_than_memory_is_413_with_a_remedy(
    chunked: bool, application: Callable[..., Application]
) -> None:
    found = ask(application(), b"[" + b"[1,2,3,4]," * 500, "application/json", chunked=chunked)
    assert found.status == 413
    assert b"application/jsonlines" in found.body
    bounded = ask(application(payload_bytes=WHOLE), b"[" * 5000, "application/json", chunked=chunked)
    assert (bounded.status, b"jsonlines" in bounded.body) == (413, False)


def test_full_disk_is_507_and_leaves_nothing(
    application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, before = application(), opened()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: io.FileIO("/dev/full", "r+"))
    found = ask(served, BODIES["csv"][1])
    assert found.status == 507
    assert b"No space left on device" in found.body
    assert opened() == before


def test_no_place_for_files_is_507_for_large_bodies_alone(
    application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))
    served = application()
    assert ask(served, BODIES["csv"][1]).status == 507
    assert ask(served, b"1,2,3,4\n").status == 200


def test_files_have_no_names_and_are_closed_with_the_answer(
    application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    served, before = application(), opened()
    found, chunks = send(served, BODIES["csv"][1])
    assert found.status == 200
    assert opened() > before
    assert list(scratch.iterdir()) == []
    chunks.close()  # type: ignore[attr-defined]  # a client that is gone before the first byte
    assert opened() == before


@pytest.mark.parametrize(("attributes", "most"), [("", 90), ("explain=shap", 7)])
def test_no_block_of_a_body_in_a_file_has_more_rows_than_one_in_memory(
    attributes: str, most: int, application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time to compute is bounded for each block, and what a block of a file holds depends on its codec."""
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 90)
    monkeypatch.setattr(predictions, "EXPLAINED_ROWS", 7)
    monkeypatch.setattr(csv_simdjson, "BLOCK", 1 << 18)
    served = application()
    predicted = rows_of_calls(monkeypatch)
    assert ask(served, BODIES["csv"][1], HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES=attributes).status == 200
    assert sum(predicted) == ROWS
    assert max(predicted) == most


def test_chunks_are_computed_when_asked_for_and_hold_their_share_until_the_end(
    application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 100)
    served = application(whole_bytes=1 << 20)
    predicted, gate = rows_of_calls(monkeypatch), served.endpoint.gate
    free = gate.free
    _, chunks = send(served, BODIES["csv"][1])
    assert predicted == [100]
    stream = iter(chunks)
    first, second = next(stream), next(stream)
    assert predicted == [100, 100]
    assert gate.free == free - len(BODIES["csv"][1])
    assert (first + second).count(b"\n") == 200
    chunks.close()  # type: ignore[attr-defined]
    assert gate.free == free


def test_body_that_is_still_coming_holds_only_what_has_arrived(application: Callable[..., Application]) -> None:
    served, free = application(whole_bytes=1 << 20), []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            free.append(served.endpoint.gate.free)
            return super().read(size)

    assert ask(served, Watched(BODIES["csv"][1]), chunked=True).status == 200
    assert free[0] - free[1] == 300
    assert free[0] - free[-1] == len(BODIES["csv"][1])
    assert served.endpoint.gate.free == free[0]


def test_failure_amid_the_answer_breaks_it_off_and_is_logged(
    application: Callable[..., Application], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 100)
    served = application(whole_bytes=1 << 20)
    found, chunks = send(served, BODIES["csv"][1])
    assert found.status == 200

    def fail(*arguments: object, **keywords: object) -> None:
        raise RuntimeError("the library failed")

    monkeypatch.setattr(XGBoost, "predict", fail)
    with pytest.raises(RuntimeError):
        b"".join(chunks)
    assert "broke off" in caplog.text
