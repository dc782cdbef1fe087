"""The gunicorn worker: gevent's, with JSON errors, a quick end, and large requests computed beside the event loop.

Chosen by measuring, one row a request: gevent and gthread answer at about the same rate, sync, which keeps no
connection, at little more than half of it. A slow client costs gevent a greenlet, gthread one of its threads, sync all
it has; and with large requests in a native thread /ping stays quick during a long prediction, unlike with plain gevent.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any, NoReturn, TypeVar

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.threadpool import ThreadPool
from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.workers.ggevent import GeventWorker

from contract.errors import AlgorithmError, UserError
from serving import errors

log = logging.getLogger("serving")

T = TypeVar("T")

_CLIENT_ERRORS = {
    http_errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    http_errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    http_errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    http_errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}
"""Every other error of gunicorn's parser is 400."""
_LINGER_SECONDS = 0.1
"""How long a stopping worker waits for bytes of a request on a connection that it accepted and that is silent."""


class Worker(GeventWorker):
    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._active = 0
        self.inherited_signals: SimpleQueue[int] = SimpleQueue()
        """Of the arbiter whose copy this process is: until a worker has handlers of its own, signals land there."""

    def run(self) -> None:
        """Serve until told to stop; then answer what was accepted, and go.

        The parent's version looks whether to stop once a second and waits for idle connections too.
        """
        while not self.inherited_signals.empty():
            if self.inherited_signals.get() == signal.SIGTERM:
                self.alive = False
        servers = [self._serve(listener) for listener in self.sockets]
        while self.alive:
            self.notify()
            gevent.sleep(_LINGER_SECONDS)
        for server in servers:
            server.close()
        gevent.sleep(_LINGER_SECONDS)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while self._active and time.monotonic() < deadline:
            self.notify()
            gevent.sleep(_LINGER_SECONDS)

    def _serve(self, listener: Any) -> StreamServer:
        listener.setblocking(1)
        pool = Pool(self.worker_connections)
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=pool)
        if self.cfg.workers > 1:
            server.max_accept = 1
        server.start()
        return server

    def handle_request(self, *arguments: Any) -> Any:
        self._active += 1
        try:
            return super().handle_request(*arguments)
        finally:
            self._active -= 1

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """What gunicorn's parser refuses, answered in our form instead of in HTML."""
        status, code, message = HTTPStatus.BAD_REQUEST, "bad_request", "the request is not valid HTTP/1.1"
        if isinstance(exc, http_errors.ParseException | OSError):
            status = next((found for kind, found in _CLIENT_ERRORS.items() if isinstance(exc, kind)), status)
            log.info("refused a request that is not valid HTTP: %s", type(exc).__name__)
        else:
            status, code, message = HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "the server failed"
            log.error("error while handling a connection", exc_info=exc)
        body = errors.write(code, message, status.phrase)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        try:
            util.write_nonblock(client, head.encode() + body)
        except OSError:
            log.debug("the client was gone before its error")


class Green:
    """serving.concurrency.Concurrency in a gevent worker.

    Small requests are computed at once: handing one over costs more than it. Large ones go, one at a time, to a native
    thread, where the library's call and numpy's release the interpreter lock and the event loop goes on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = BoundedSemaphore(1)
        self._thread = ThreadPool(1)
        self._disk = ThreadPool(1)

    def limit(self, seconds: float) -> gevent.Timeout:
        return gevent.Timeout(seconds, TimeoutError)

    def store(self, work: Callable[[], T]) -> T:
        outcome: Callable[[], T] = self._disk.spawn(_captured, work).get()  # type: ignore[assignment]  # never None without a timeout
        return outcome()

    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        """Raises UserError (busy) where the turn does not come in time, AlgorithmError where the work does not end."""
        if quick:
            return work()
        if not self._turn.acquire(timeout=self._seconds):
            raise UserError("too many requests are being computed; try again", code="busy")
        try:
            with self.limit(self._seconds):
                outcome: Callable[[], T] = self._thread.spawn(_captured, work).get()  # type: ignore[assignment]  # never None without a timeout
        except TimeoutError as timeout:
            # A native call cannot be interrupted. This process ends when its other requests are answered; gunicorn
            # starts another.
            os.kill(os.getpid(), signal.SIGTERM)
            raise AlgorithmError(f"the prediction did not end within {self._seconds:.0f} s") from timeout
        finally:
            self._turn.release()
        return outcome()


def _captured(work: Callable[[], T]) -> Callable[[], T]:
    """What returns the result or raises the error: gevent's threads print what they raise themselves."""
    try:
        result = work()
    except Exception as error:
        return partial(_raise, error)
    return lambda: result


def _raise(error: Exception) -> NoReturn:
    raise error
