"""A large body may take long, but it must keep coming: by a clock of the test's own."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import pytest

from serving import body, exchange

T = TypeVar("T")
PIECE = 256
ROWS = b"1,2,3,4\n" * (PIECE // 8)


class Clock:
    """A Concurrency whose limits go by this clock, on which each read of a body takes its time."""

    def __init__(self) -> None:
        self.now = self.deadline = 0.0

    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        return work()

    def store(self, work: Callable[[], T]) -> T:
        return work()

    def limit(self, seconds: float) -> AbstractContextManager[None]:
        self.deadline = self.now + seconds
        return nullcontext()


class Slow(io.BytesIO):
    """A body of which each read takes `seconds` of a clock."""

    def __init__(self, content: bytes, clock: Clock, seconds: float) -> None:
        super().__init__(content)
        self.clock, self.seconds = clock, seconds

    def read(self, size: int | None = -1, /) -> bytes:
        self.clock.now += self.seconds
        if self.clock.now > self.clock.deadline:
            raise TimeoutError
        return super().read(size)


@pytest.mark.parametrize(
    ("pieces", "seconds", "status"),
    [
        (2, 31.0, 408),
        (2, 15.0, 200),
        (9, 29.0, 408),  # no pause is too long, but all of them together
        (200, 1.1, 200),  # slower than a small body may be, yet at a rate
        (200, 1.3, 408),
    ],
)
def test_large_body_may_take_long_but_not_dribble(
    pieces: int, seconds: float, status: int, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(exchange, "SLOWEST", PIECE)
    monkeypatch.setattr(exchange, "monotonic", lambda: clock.now)
    monkeypatch.setattr(body, "PIECE", PIECE)
    client = serve("binary:logistic")
    client.application.endpoint.concurrency = clock
    stream = Slow(ROWS * pieces, clock, seconds)
    answer = client.post("/invocations", input_stream=stream, content_type="text/csv")
    assert answer.status_code == status
    if status == 408:
        assert "within 30 s, and a second more for each 256 bytes" in answer.json["error"]["message"]


@pytest.mark.parametrize(("seconds", "status"), [(29.0, 200), (31.0, 408)])
def test_small_body_has_half_a_minute(seconds: float, status: int, serve: Any) -> None:
    clock = Clock()
    client = serve("binary:logistic")
    client.application.endpoint.concurrency = clock
    stream = Slow(ROWS, clock, seconds)
    assert client.post("/invocations", input_stream=stream, content_type="text/csv").status_code == status


def test_body_counts_only_as_it_arrives(serve: Any) -> None:
    """Hundreds of clients that declare a body and send nothing must not use up what all may hold together."""
    client = serve("binary:logistic")
    gate, free = client.application.endpoint.gate, []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            free.append(gate.free)
            return super().read(size)

    content = b"1,2,3,4\n" * 30_000
    answer = client.post(
        "/invocations", input_stream=Watched(content), content_length=len(content), content_type="text/csv"
    )
    assert answer.status_code == 200
    answer.close()  # its rows are answered in blocks, which hold the body
    assert free[0] == gate.free
    assert gate.free - free[-1] < len(content) <= gate.free - free[-1] + body.PIECE
