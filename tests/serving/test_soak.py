"""The application for long, in this process: it is made and dropped again and again, and asked what it must not keep.

tests/images/test_soak.py does the same to a container, under full load.
"""

from __future__ import annotations

import gc
import io
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from serving import service
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings

CYCLES = 1000
REQUESTS = 10_000
"""Of each kind. What is kept of one shows in the growth from 30 bytes on."""
GROWTH, REQUESTS_GROWTH = 0.05, 0.01
ROW = b"1,2,3,4\n"


@pytest.fixture
def create(directory: Callable[..., Path]) -> Callable[[], Application]:
    """An application with a model it has loaded itself."""
    path = directory("binary:logistic")
    return lambda: Application(Endpoint(Settings(), service.load("xgboost", path, Settings())))


def ask(application: Application, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    answered: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **headers,
    }
    for _ in application(environ, lambda status, *rest: answered.append(status)):  # type: ignore[arg-type,return-value]  # no write()
        pass
    return int(answered[0][:3])


def held() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def count(what: str) -> int:
    return len(list(Path("/proc/self", what).iterdir()))


def test_a_thousand_starts_leave_no_file_no_thread_no_memory(create: Callable[[], Application]) -> None:
    def cycle(times: int) -> None:
        for _ in range(times):
            application = create()
            assert ask(application, "POST", "/invocations", ROW, CONTENT_TYPE="text/csv") == 200
            assert ask(application, "GET", "/nowhere") == 404

    cycle(CYCLES // 10)
    files, threads, before = count("fd"), count("task"), held()
    cycle(CYCLES)
    assert (count("fd"), count("task")) == (files, threads)
    assert held() < before * (1 + GROWTH)


def test_nothing_is_kept_of_requests_that_name_something_new_each(create: Callable[[], Application]) -> None:
    application = create()

    def load(first: int, last: int) -> None:
        for number in range(first, last):
            csv = {"CONTENT_TYPE": "text/csv"}
            assert ask(application, "POST", "/invocations", ROW, CONTENT_TYPE=f"application/x-{number}") == 415
            assert ask(application, "POST", "/invocations", ROW, HTTP_ACCEPT=f"text/x-{number}", **csv) == 406
            assert ask(application, "POST", "/invocations", ROW, HTTP_ACCEPT=f"text/csv, text/x-{number}", **csv) == 200
            assert ask(application, "POST", "/invocations", b"1,2,3,x%d\n" % number, **csv) == 400
            assert ask(application, "GET", f"/{number}") == 404

    load(0, REQUESTS // 10)
    before = held()
    load(REQUESTS, 2 * REQUESTS)
    assert held() < before * (1 + REQUESTS_GROWTH)
