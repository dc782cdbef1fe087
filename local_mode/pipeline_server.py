"""One door for a pipeline's containers: /ping and /invocations on a loopback port, for curl and `make invoke`."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from contract.errors import PlatformError, UserError, show
from contract.limits import PAYLOAD_BYTES
from local_mode.deployment import check_free
from local_mode.invocation import ModelError
from local_mode.pipeline import Pipeline

LENGTH = re.compile(r"[0-9]{1,18}")
PAUSE_SECONDS = 30.0
"""The longest that a client may say nothing."""


@contextlib.contextmanager
def opened(pipeline: Pipeline, port: int = 0, payload_bytes: int = PAYLOAD_BYTES) -> Iterator[str]:
    """`http://127.0.0.1:<port>` of a door to the pipeline, which is in service; 0 takes a free port.

    A body over `payload_bytes` is refused before it is read. Raises UserError for a port that is taken.
    """
    check_free(port)
    with _Server(pipeline, port, payload_bytes) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, pipeline: Pipeline, port: int, payload_bytes: int) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UserError(f"port {port} cannot be listened on: {(error.strerror or str(error)).lower()}") from error
        self.pipeline = pipeline
        self.payload_bytes = payload_bytes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PAUSE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        if self.path != "/ping":
            self._refuse(HTTPStatus.NOT_FOUND, f"{show(self.path)} is no route; accepted is GET /ping", "not_found")
        elif self.server.pipeline.ping():
            self._answer(HTTPStatus.OK, b"", {})
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "not every container answers /ping", "not_ready")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/invocations":
            self._refuse(
                HTTPStatus.NOT_FOUND, f"{show(self.path)} is no route; accepted is POST /invocations", "not_found"
            )
            return
        try:
            answer = self.server.pipeline.invoke(body, headers=dict(self.headers.items()))
        except UserError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error), error.code)
        except ModelError as error:
            failed = error.original_status_code >= HTTPStatus.BAD_REQUEST
            self._refuse(error.original_status_code if failed else HTTPStatus.BAD_GATEWAY, str(error), "model_error")
        except PlatformError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error), "platform_error")
        else:
            self._answer(HTTPStatus.OK, answer.body, {"content-type": answer.content_type} | dict(answer.headers))

    def handle_expect_100(self) -> bool:
        return self._acceptable() and super().handle_expect_100()

    def _body(self) -> bytes | None:
        """The body; None where it was refused."""
        if not self._acceptable():
            return None
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        self.close_connection = self.close_connection or len(body) < length  # the client is gone
        return body if len(body) == length else None

    def _acceptable(self) -> bool:
        """Whether the body has a length, and one within the limit; else that is the answer."""
        length, most = self.headers.get("content-length", ""), self.server.payload_bytes
        if self.headers.get("transfer-encoding") or not LENGTH.fullmatch(length):
            self._refuse(
                HTTPStatus.LENGTH_REQUIRED, f"Content-Length {show(length)}: accepted is the body's number of bytes"
            )
            return False
        if int(length) > most:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body has {length} bytes: at most {most} are accepted; send fewer records at once",
                "payload_too_large",
            )
            return False
        return True

    def _refuse(self, status: int, message: str, code: str = "bad_input") -> None:
        # What is left of a body that was not read would be taken for the next request.
        self.close_connection = True
        body = json.dumps({"error": {"code": code, "message": message}}).encode()
        self._answer(status, body, {"content-type": "application/json", "connection": "close"})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing: the containers have logs of their own."""
