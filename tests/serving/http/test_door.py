"""Doors of two workers at one socket, in this process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import gevent
import pytest

from serving.http import door
from serving.http.connection import Host
from serving.http.door import Door, Tally


@dataclass
class House:
    """Two workers, and the number of each one's connections."""

    port: int
    doors: list[Door]
    counts: Callable[[], list[int]]

    def open(self) -> None:
        for each in self.doors:
            each.open()

    def settle(self, total: int) -> list[int]:
        """The counts once they add up to `total`."""
        deadline = time.monotonic() + 5
        while sum(self.counts()) != total and time.monotonic() < deadline:
            gevent.sleep(0.001)
        assert sum(self.counts()) == total
        return self.counts()


def application(environ: dict[str, Any], start_response: Any) -> tuple[bytes]:
    start_response("200 OK", [])
    return (b"",)


@pytest.fixture
def house() -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        tally, hosts = Tally(2), [Host(application, {}), Host(application, {})]
        doors = [Door(listener.dup(), host, tally, slot) for slot, host in enumerate(hosts)]
        yield House(listener.getsockname()[1], doors, lambda: list(tally.counts))
        for each in doors:
            each.close()


def test_clients_that_come_at_once_are_shared_out(house: House) -> None:
    with ExitStack() as clients:
        for _ in range(16):
            clients.enter_context(socket.create_connection(("127.0.0.1", house.port)))
        house.open()
        assert house.settle(16) == [8, 8]
    assert house.settle(0) == [0, 0]


def test_one_takes_them_all_where_the_other_does_not_come(house: House) -> None:
    with ExitStack() as clients:
        for _ in range(8):
            clients.enter_context(socket.create_connection(("127.0.0.1", house.port)))
        house.doors[0].open()
        assert house.settle(8) == [8, 0]


def test_full_worker_takes_the_next_when_one_has_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS", 2)
    with ExitStack() as clients:
        first, *_ = [clients.enter_context(socket.create_connection(("127.0.0.1", house.port))) for _ in range(3)]
        house.doors[0].open()
        assert house.settle(2) == [2, 0]
        gevent.sleep(0.02)
        assert house.counts() == [2, 0]
        first.close()
        house.settle(1)
        house.doors[0].open()
        assert house.settle(2) == [2, 0]


def test_who_waits_is_let_in_before_the_door_closes(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.port)) as client:
        house.doors[0].close()
        assert house.counts() == [1, 0]
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        house.settle(0)
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
        house.doors.pop(0)
