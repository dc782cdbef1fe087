"""Full load on a server: connections that ask one request after the other, and a tally of what was answered."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from tests.corpus.interface import Interface
from tests.soak import mixture
from tests.soak.mixture import Request

CONNECTIONS = 8
ANSWER_SECONDS = 30.0
MOST_TOLD = 200
"""Bytes of a request in what is told of its failure."""


@dataclass
class Tally:
    """How often each status was answered, and the answers that were not the ones expected."""

    answered: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.answered.total()} answered, {self.refused} of them refusals; {len(self.failures)} failures"

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.answered.items() if status >= 400)


class Load:
    """Asks a server on this port of the loopback, which takes what `interface` says, again and again."""

    def __init__(self, port: int, interface: Interface) -> None:
        self.tally = Tally()
        self._port = port
        self._requests = [mixture.requests(Random(place), interface) for place in range(CONNECTIONS)]

    def go_on(self, seconds: float) -> None:
        """Ask for so long. After it no request is under way, and no connection open."""
        done = threading.Event()
        threads = [
            threading.Thread(target=_ask, args=(self._port, requests, self.tally, done)) for requests in self._requests
        ]
        for thread in threads:
            thread.start()
        try:
            time.sleep(seconds)
        finally:
            done.set()
            for thread in threads:
                thread.join()


def _ask(port: int, requests: Iterator[Request], tally: Tally, done: threading.Event) -> None:
    connection: socket.socket | None = None
    for request in requests:
        if connection is None or not request.kept:
            _close(connection)
            connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        try:
            status, closed = _exchange(connection, request)
        except (OSError, http.client.HTTPException) as error:
            tally.failures.append(f"{error!r}; {request.content[:MOST_TOLD]!r}")
            closed = True
        else:
            tally.answered[status] += 1
            if status != request.status:
                tally.failures.append(f"{status} in place of {request.status}; {request.content[:MOST_TOLD]!r}")
        if closed:
            _close(connection)
            connection = None
        if done.is_set():
            break
    _close(connection)


def _exchange(connection: socket.socket, request: Request) -> tuple[int, bool]:
    """The status, and whether the connection is of no more use."""
    with suppress(ConnectionError):  # refused halfway: the answer is there to be read
        connection.sendall(request.content)
        if not request.kept:
            connection.shutdown(socket.SHUT_WR)
    answer = http.client.HTTPResponse(connection, method=request.content.partition(b" ")[0].decode("latin-1"))
    answer.begin()
    answer.read()
    return answer.status, answer.will_close or not request.kept


def _close(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.close()
