#!/usr/bin/env python3
"""A serving program that keeps the contract, but for the FAULTS of the environment. Standard library only."""

import json
import os
import signal
import time
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

FAULTS = os.environ.get("FAULTS", "").split(",")
PORT = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")) if "port" not in FAULTS else 8080
MODELS = {}


def load(folder):
    if "writes to its model" in FAULTS:
        (folder / "cache").write_text("x")
    return int((folder / "width").read_text())


def read(body, width):
    rows = [[float(cell) for cell in line.split(",")] for line in body.decode().splitlines()]
    if not rows or {len(row) for row in rows} != {width}:
        raise ValueError(f"rows of {width} numbers are expected")
    return rows


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.removeprefix("/models/")
        if self.path == "/ping":
            time.sleep(3 if "slow ping" in FAULTS else 0)
            self.answer(200, b"")
        elif self.path == "/execution-parameters" and "parameters" in FAULTS:
            self.answer(200, b'{"BatchStrategy": "MultiRecord"}')
        elif self.path == "/models" and (MANY or "models" in FAULTS):
            self.answer(200, json.dumps({"models": [{"modelName": name} for name in MODELS]}).encode())
        elif MANY and name in MODELS:
            self.answer(200, b"{}")
        else:
            self.answer(404, b"no such route")

    def do_DELETE(self):
        if "keeps models" not in FAULTS:
            del MODELS[self.path.removeprefix("/models/")]
        self.answer(200, b"{}")

    def do_POST(self):
        body = self.body()
        if MANY and self.path == "/models":
            asked = json.loads(body)
            MODELS[asked["model_name"]] = load(Path(asked["url"]))
            self.answer(200, b"{}")
            return
        width = MODELS[self.path.split("/")[2]] if MANY else WIDTH
        if "dies of large bodies" in FAULTS and len(body) > 1_000_000:
            os._exit(1)
        kind = self.headers.get("content-type", "")
        if "exact type" not in FAULTS:
            kind = kind.partition(";")[0]
        if kind != "text/csv":
            self.answer(415, b"text/csv is read")
            return
        try:
            self.answer(200, "".join(f"{sum(row)}\n" for row in read(body, width)).encode())
        except ValueError as error:
            if "trace" in FAULTS:
                self.answer(500, traceback.format_exc().encode())
            elif "lenient" in FAULTS:
                self.answer(200, b"0\n")
            else:
                self.answer(400, str(error).encode())

    def body(self):
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        if "no chunks" in FAULTS:
            return b""
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def stopped(number, frame):
    os._exit(3 if "exit code" in FAULTS else 0)


if "deaf" not in FAULTS:
    signal.signal(signal.SIGTERM, stopped)
MANY = os.environ.get("SAGEMAKER_MULTI_MODEL") == "true" and "one model" not in FAULTS
WIDTH = 0 if MANY else load(Path("/opt/ml/model"))
if "network" in FAULTS:
    Path("/sys/class/net/eth0").stat()
server = HTTPServer if "one thread" in FAULTS else ThreadingHTTPServer
server.request_queue_size = 128
server(("127.0.0.1" if "loopback" in FAULTS else "0.0.0.0", PORT), Handler).serve_forever()
