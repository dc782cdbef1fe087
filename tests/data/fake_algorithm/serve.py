"""A serving program that answers with what it was sent. BEHAVIOUR of the environment spoils it."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
BEHAVIOUR = os.environ.get("BEHAVIOUR", "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if BEHAVIOUR == "slow-ping":
            time.sleep(10)
        self.answer(503 if BEHAVIOUR == "never-ready" else 200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if BEHAVIOUR == "slow-answer":
            time.sleep(0.6)
        if BEHAVIOUR == "refuses":
            self.answer(422, b"no row is good enough")
        elif body == b"dribble":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b".")
                time.sleep(0.05)
        elif body == b"bad row":
            self.answer(400, b'{"error": "bad row"}')
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            model = sorted(path.name for path in (BASE / "model").iterdir())
            self.answer(200, json.dumps({"headers": headers, "body": body.decode(), "model": model}).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", os.environ.get("ANSWER_TYPE", "application/json"))
        self.send_header("x-amzn-sagemaker-custom-attributes", "from the container")
        self.send_header("server-secret", "1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if BEHAVIOUR == "dies":
    sys.exit("the model does not load")
if BEHAVIOUR == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)), Handler).serve_forever()
