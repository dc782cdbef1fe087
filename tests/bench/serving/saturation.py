"""Requests a second that a server answers when wrk keeps all connections busy."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.bench.serving.peers import Peer, PeerError
from tests.bench.serving.server import Running

CONNECTIONS = 16
_SLACK_SECONDS = 20.0
_SCRIPT = """\
local f = io.open(os.getenv("BODY"), "rb"); wrk.body = f:read("*a"); f:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = os.getenv("CONTENT_TYPE")
"""


def requests_a_second(server: Running, peer: Peer, body: Path, seconds: float) -> float:
    """Raises PeerError where wrk gets no answers, or others than 2xx."""
    script = body.with_suffix(".lua")
    script.write_text(_SCRIPT)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}", "--timeout", "10", "-s", str(script)]
    environment = os.environ | {"BODY": str(body), "CONTENT_TYPE": peer.form.content_type}
    try:
        done = subprocess.run(
            [*command, server.address + peer.path],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds + _SLACK_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"wrk hangs on {peer.title}") from error
    return parse(done.stdout + done.stderr, peer.title)


def parse(text: str, title: str) -> float:
    """What wrk prints. Raises PeerError."""
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    if found is None or "Non-2xx" in text or float(found[1]) == 0:
        raise PeerError(f"wrk and {title}: {' '.join(text.split())[-300:]}")
    return float(found[1])
