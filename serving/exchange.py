"""One invocation through a worker: its body in, the service's answer out, each whole or, where it is large, in pieces.

A body beyond Settings.whole_bytes goes into a file while it arrives, is answered in blocks of rows, and its answer goes
into a file, too: the status is sent only when the whole body was found good, and memory holds a block. The answer to a
body that was read whole goes out as it is computed, block by block: the next one when the client has taken the last.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from contract.errors import UserError
from serving import body
from serving.answers import Answer
from serving.concurrency import Share
from serving.invocation import Invocation
from serving.service import Service
from serving.spool import Spool

if TYPE_CHECKING:
    from serving.invocations import Endpoint

log = logging.getLogger("serving")

PAUSE_SECONDS = 30.0
"""How long a client may take for a piece of its body, and for the whole of a small one."""
SLOWEST = 256 * 1024
"""Bytes a second that a large body must come at, on the average of all but its first PAUSE_SECONDS."""


class Held:
    """Chunks of an answer, and what they need until the last one is sent or the client is gone."""

    def __init__(self, chunks: Iterator[bytes], held: ExitStack) -> None:
        self._chunks = chunks
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """What a WSGI server calls at the end."""
        self._held.close()


def answer(endpoint: Endpoint, service: Service, environ: Mapping[str, Any]) -> Answer:
    """What `service` answers to the request. Raises UserError for whatever the client can mend."""
    invocation = Invocation.of(environ, b"")
    service.check(invocation)
    length = body.declared(environ)
    if length is None or length > body.PIECE:
        return _answer_large(endpoint, service, invocation, environ, length)
    with endpoint.gate.hold(0) as share:
        started = perf_counter()
        invocation = invocation.carrying(_receive_small(endpoint, environ, length, share))
        read = perf_counter()
        found = endpoint.concurrency.compute(partial(service.respond, invocation), quick=service.quick(invocation))
        endpoint.metrics.invoked(read - started, perf_counter() - read, found.timings)
    return found if found.chunks is None else replace(found, chunks=_computed(endpoint, iter(found.chunks)))


def _answer_large(
    endpoint: Endpoint, service: Service, head: Invocation, environ: Mapping[str, Any], length: int | None
) -> Answer:
    with ExitStack() as held:
        started = perf_counter()
        pieces = body.pieces(environ, length, *_limit(endpoint, service, head))
        content = _receive(endpoint, _paced(endpoint, pieces), length, held)
        read = perf_counter()
        if isinstance(content, Spool):
            found = _answer_spooled(endpoint, service, head.carrying(b"", content.stream), held)
            content.close()
        else:
            whole = head.carrying(content)
            found = endpoint.concurrency.compute(partial(service.respond, whole), quick=service.quick(whole))
            if found.chunks is not None:
                found = replace(found, chunks=_computed(endpoint, iter(found.chunks)))
        endpoint.metrics.invoked(read - started, perf_counter() - read, found.timings)
        return found if found.chunks is None else replace(found, chunks=Held(iter(found.chunks), held.pop_all()))


def _answer_spooled(endpoint: Endpoint, service: Service, invocation: Invocation, held: ExitStack) -> Answer:
    """The answer to a body in a file: in a file itself, since only its end tells whether the body was good."""
    found = endpoint.concurrency.compute(partial(service.respond, invocation), quick=False)
    if found.chunks is None:
        return found
    chunks, kept = iter(found.chunks), held.enter_context(Spool())
    while endpoint.concurrency.compute(partial(_keep, chunks, kept), quick=False):
        pass
    return replace(found, chunks=kept.pieces(endpoint.concurrency.store), length=kept.size)


def _keep(chunks: Iterator[bytes], kept: Spool) -> bool:
    """Compute a chunk and keep it; False where there was none left."""
    chunk = next(chunks, None)
    if chunk is None:
        return False
    kept.write(chunk)
    return True


def _computed(endpoint: Endpoint, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each chunk is computed when it is asked for, which is when the client has taken the one before."""
    try:
        while (chunk := endpoint.concurrency.compute(partial(next, chunks, None), quick=False)) is not None:
            yield chunk
    except Exception:
        log.exception("an answer broke off after its status was sent; its connection is closed")
        raise


def _limit(endpoint: Endpoint, service: Service, head: Invocation) -> tuple[int, str]:
    """The most bytes of the body, and what may be done where there are more."""
    settings = endpoint.settings
    reason = service.one_piece(head)
    if not reason or settings.payload_bytes <= settings.whole_bytes:
        return settings.payload_bytes, body.FEWER
    return settings.whole_bytes, reason


def _receive_small(endpoint: Endpoint, environ: Mapping[str, Any], length: int, share: Share) -> bytes:
    """It counts as it arrives: who declares a body and sends none must not take the place of those who do."""
    content = []
    try:
        with endpoint.concurrency.limit(PAUSE_SECONDS):
            for piece in body.pieces(environ, length, endpoint.settings.payload_bytes):
                share.grow(len(piece))
                content.append(piece)
    except TimeoutError as error:
        raise _too_slow() from error
    return b"".join(content)


def _receive(endpoint: Endpoint, pieces: Iterator[bytes], length: int | None, held: ExitStack) -> bytes | Spool:
    """The body in memory, or in a file where it is too large."""
    most = endpoint.settings.whole_bytes
    share = held.enter_context(endpoint.gate.hold(0))
    content = bytearray()
    if length is None or length <= most:
        for piece in pieces:
            share.grow(len(piece))
            content += piece
            if len(content) > most:
                break
        else:
            return bytes(content)
    spool = held.enter_context(Spool())
    endpoint.concurrency.store(partial(spool.write, bytes(content)))
    del content
    share.release()
    for piece in pieces:
        endpoint.concurrency.store(partial(spool.write, piece))
    spool.rewind()
    return spool


def _paced(endpoint: Endpoint, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Raises UserError (slow_body) where the client pauses, or is so slow that it would hold its place for hours."""
    began, received = monotonic(), 0
    while True:
        left = PAUSE_SECONDS + received / SLOWEST - (monotonic() - began)
        try:
            with endpoint.concurrency.limit(min(PAUSE_SECONDS, max(0.0, left))):
                piece = next(pieces, None)
        except TimeoutError as error:
            raise _too_slow() from error
        if piece is None:
            return
        received += len(piece)
        yield piece


def _too_slow() -> UserError:
    return UserError(
        f"the body did not arrive within {PAUSE_SECONDS:.0f} s, and a second more for each {SLOWEST} bytes of it",
        code="slow_body",
    )
