"""A client's connection: its requests one after the other, each a call of the WSGI application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from socket import socket
from time import monotonic
from typing import Any

import gevent

from serving import errors
from serving.http import head, response
from serving.http.head import Head, Refused
from serving.http.patience import Patience
from serving.http.request_body import Body, Chunked, Sized
from serving.http.response import Start
from serving.http.wire import Wire

log = logging.getLogger("serving")

IDLE_SECONDS = 65.0
"""How long a client may keep a connection without a request."""
HEAD_SECONDS = 30.0
"""How long it may take to send a head that it began."""
TAKE_SECONDS, SLOWEST = 60.0, 32 * 1024
"""How long a client may wait with taking a long answer, in all, and the bytes a second that gain it more time."""
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 64 * 1024 * 1024
_END = b"\r\n\r\n"
_ERROR_FIELDS = (("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"))


@dataclass
class Host:
    """What the connections of a worker share."""

    application: Callable[..., Iterable[bytes]]
    """Of WSGI; it calls start_response before it returns."""
    environ: Mapping[str, Any]
    """WSGI's variables that are the same in every request."""
    patience: Patience = field(default_factory=Patience)
    active: int = 0
    """Requests that are being answered."""
    answered: int = 0
    """Requests, so far."""
    refused: Callable[[int], None] = lambda status: None
    """Told the status of each request that never reaches the application."""
    stopping: bool = False
    """Every connection ends with its next answer."""
    date: bytes = b""

    def tick(self) -> None:
        """To be called several times a second."""
        self.date = f"Date: {formatdate(usegmt=True)}\r\n\r\n".encode()
        self.patience.look()


class Connection:
    def __init__(self, client: socket, address: tuple[str, int], host: Host) -> None:
        self._host = host
        self._wire = Wire(client, host.patience)
        self._environ = {**host.environ, "REMOTE_ADDR": address[0], "REMOTE_PORT": str(address[1])}
        self._status = ""
        self._fields: list[tuple[str, str]] = []

    def serve(self) -> None:
        """Until the client ends, is gone, or is to be gone."""
        try:
            while (request := self._next()) and self._exchange(request):
                if self._wire.at < len(self._wire.data):
                    gevent.sleep(0)  # who sends many requests at once does not go before the others
        except Refused as refusal:
            self._refuse(refusal)
        except OSError as error:
            log.debug("a client is gone: %s", type(error).__name__)
        except Exception:
            log.exception("an answer broke off")
        finally:
            self._wire.close()

    def _next(self) -> Head | None:
        """The next request's head; None where the client ends or is idle for too long. Raises Refused."""
        wire = self._wire
        if wire.at == len(wire.data):
            try:
                with wire.patience.limit(IDLE_SECONDS):
                    wire.wait()
                    if not wire.more():
                        return None
            except TimeoutError:
                return None
        end = wire.data.find(_END, wire.at)
        if end < 0:
            end = self._await_end()
        text = wire.data[wire.at : end]
        wire.at = end + len(_END)
        return head.read(text)

    def _await_end(self) -> int:
        """Where in the wire's data the head ends that has begun there."""
        wire, found = self._wire, -1
        try:
            with wire.patience.limit(HEAD_SECONDS):
                while found < 0:
                    head.check_start(wire.data[wire.at :])
                    seen = len(wire.data) - wire.at
                    if not wire.more():
                        raise Refused(HTTPStatus.BAD_REQUEST, "the request breaks off", "headers")
                    found = wire.data.find(_END, max(0, seen - len(_END)))
        except TimeoutError as error:
            message = f"the headers did not arrive within {HEAD_SECONDS:.0f} s"
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, message, "headers") from error
        return found

    def _exchange(self, request: Head) -> bool:
        """Answer. Returns whether the connection goes on."""
        host, wire = self._host, self._wire
        body: Body
        if request.length >= 0:
            body = Sized(wire, request.length, expected=request.expects)
        else:
            body = Chunked(wire, expected=request.expects)
        host.active += 1
        try:
            lasting = self._answer(request, body)
            if not body.ended:
                wire.linger(_LINGER_SECONDS, _LINGER_BYTES)
        finally:
            host.active -= 1
            host.answered += 1
        return lasting

    def _answer(self, request: Head, body: Body) -> bool:
        """Returns whether the connection may go on. Raises Refused where the application fails before it answers."""
        environ = {**self._environ, **request.environ, "wsgi.input": body}
        try:
            pieces = self._host.application(environ, self._start)
            whole = b"".join(pieces) if isinstance(pieces, tuple | list) else None
            if not body.ended:
                body.skip()
            start = response.start(
                self._status,
                tuple(self._fields),
                None if whole is None else len(whole),
                modern=request.modern,
                closing=self._host.stopping or not request.lasting or not body.ended,
                asked=environ["REQUEST_METHOD"] != "HEAD",
            )
        except Exception as error:
            log.exception("the application failed")
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed on this request", "") from error
        told = start.text + self._host.date
        if whole is None:
            self._send(told, start, pieces)
        else:
            self._wire.send(told if start.silent else told + whole)
        return not start.closing

    def _send(self, told: bytes, start: Start, pieces: Iterable[bytes]) -> None:
        """Each piece as it comes. One that fails ends the connection, so that the client sees a broken answer.

        So does a client that takes it too slowly: the rows that are still to be answered lie in memory.
        """
        taken, spent = 0, 0.0
        try:
            for piece in () if start.silent else pieces:
                if piece:
                    began = monotonic()
                    with self._wire.patience.limit(TAKE_SECONDS + taken / SLOWEST - spent):
                        self._wire.send(told + (b"%x\r\n%b\r\n" % (len(piece), piece) if start.chunked else piece))
                    taken, spent, told = taken + len(piece), spent + monotonic() - began, b""
            self._wire.send(told + (b"0\r\n\r\n" if start.chunked and not start.silent else b""))
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _start(self, status: str, fields: list[tuple[str, str]], error: object = None) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        self._status, self._fields = status, fields
        return _write_nothing

    def _refuse(self, refusal: Refused) -> None:
        phrase, status = refusal.status.phrase, refusal.status.value
        log.info("refused a request: %s: %s", refusal.where, refusal, extra={"fields": {"status": status}})
        self._host.refused(status)
        body = errors.write(phrase.lower().replace(" ", "_"), refusal.message, refusal.where)
        start = response.start(f"{status} {phrase}", _ERROR_FIELDS, len(body), closing=True)
        with suppress(OSError):
            self._wire.send(start.text + self._host.date + body)
            self._wire.linger(_LINGER_SECONDS, _LINGER_BYTES)


def _write_nothing(data: bytes) -> object:
    raise NotImplementedError("an answer's body is returned, not written")
