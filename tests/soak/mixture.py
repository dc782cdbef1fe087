"""What an endpoint of three features is asked in a soak: good requests of every format and size, and bad ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np

from contract import limits
from tests.corpus import cases, client
from tests.corpus.interface import Interface
from tests.images import encodings

LARGEST_CASE = 1 << 16
"""Bytes of a corpus file that is sent again and again; larger ones are few, and costly."""
ROW = b"0.1,0.2,0.3\n"


@dataclass(frozen=True)
class Request:
    """Bytes for a connection, and the status of their answer."""

    content: bytes
    status: int
    kept: bool = True
    """The connection can be used again; otherwise the client ends its side after these bytes."""


Make = Callable[[int], Request]
"""Makes a request from its number, so that no two need be the same."""


def requests(random: Random, interface: Interface) -> Iterator[Request]:
    """Without end, in no order: one of four good, one of the corpus, two bad in a way of their own."""
    good, weights = zip(*_good(interface), strict=True)
    corpus, unique = tuple(_corpus(interface)), tuple(_unique_bad())
    number = random.randrange(1 << 40)
    while True:
        number += 1
        yield random.choices(good, weights)[0](number)
        yield random.choice(corpus)(number)
        yield random.choice(unique)(number)
        yield random.choice(unique)(-number)


def post(body: bytes, content_type: str = "text/csv", *headers: str, status: int = 200) -> Request:
    lines = [f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return _request("POST", "/invocations", *lines, body=body, status=status)


def get(path: str, status: int = 200) -> Request:
    return _request("GET", path, status=status)


def _request(method: str, path: str, *lines: str, body: bytes = b"", status: int) -> Request:
    head = "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: x", *lines))
    return Request(head.encode() + b"\r\n" + body, status)


def _good(interface: Interface) -> Iterator[tuple[Make, float]]:
    """Each with its weight: small ones often, the largest payload once in two thousand."""
    few = np.random.default_rng(7).random((100, 3), np.float32)
    chunked = _request("POST", "/invocations", "Content-Type: text/csv", "Transfer-Encoding: chunked", status=200)
    yield lambda number: post(b"0.1,0.2,%d\n" % number), 60
    yield lambda number: post(ROW, "text/csv", f"Accept: application/json, text/x-{number}"), 10
    yield lambda number: post(ROW, "text/csv", f"X-Amzn-SageMaker-Inference-Id: {number}"), 10
    yield lambda number: Request(chunked.content + b"c\r\n%s\r\n0\r\n\r\n" % ROW, 200), 10
    yield _always(get("/ping")), 10
    yield _always(get("/execution-parameters")), 2
    yield _always(get("/metrics")), 1
    yield _always(post(ROW * 100, "text/csv; charset=utf-8", "Accept: application/jsonlines")), 10
    pairs = len(interface.formats) * len(interface.answers)
    for content_type in interface.formats:
        for accept in interface.answers:
            body = encodings.SENT[content_type](few)
            yield _always(post(body, content_type, f"Accept: {accept}")), 25 / pairs
    if interface.explains:
        yield _always(post(ROW * 100, "text/csv", "X-Amzn-SageMaker-Custom-Attributes: explain=shap")), 2
    yield _always(post(ROW * 10_000)), 1
    yield _always(post(ROW * (limits.PAYLOAD_BYTES // len(ROW)))), 0.3


def _unique_bad() -> Iterator[Make]:
    """Each names something that no request named before: nothing may be remembered of it."""
    yield lambda number: post(b"0.1,0.2,x%d\n" % number, status=400)
    yield lambda number: post(b"0.1,0.2\n", "text/csv; charset=utf-8", f"X-Number: {number}", status=400)
    yield lambda number: post(ROW, f"application/x-{number}", status=415)
    yield lambda number: post(ROW, f"text/csv; charset=x{number}", status=415)
    yield lambda number: post(ROW, "text/csv", f"Accept: application/x-{number}", status=406)
    yield lambda number: get(f"/{number}", status=404)
    yield lambda number: get("/invocations", status=405)


def _corpus(interface: Interface) -> Iterator[Make]:
    """The corpus's requests that this endpoint refuses."""
    for case in cases.served(interface):
        if case.status < 400 or case.folder == cases.SEMANTICS or len(case.content) > LARGEST_CASE:
            continue
        content_type = cases.CONTENT_TYPES.get(case.folder)
        content = client.post(case.content, content_type) if content_type else case.content
        yield _always(Request(content, case.status, kept=content_type is not None))


def _always(request: Request) -> Make:
    return partial(_given, request)


def _given(request: Request, number: int) -> Request:
    return request
