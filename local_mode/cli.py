"""`python -m local_mode train|serve|invoke`: what make train/%, serve/% and invoke/% stand on."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from contract.errors import AlgorithmError, PlatformError, UserError, show
from local_mode import arguments
from local_mode.console import Shown
from local_mode.endpoint import BETWEEN_PINGS_SECONDS, Endpoint
from local_mode.engine import choose
from local_mode.images import find
from local_mode.invocation import Limits, ModelError, invoke
from local_mode.training_job import TrainingJob

HEALTH_SECONDS = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 for a job that completed or reached its time limit, else not."""
    given = arguments.parser().parse_args(argv)
    # Python's own answer to SIGTERM runs no cleanup: containers would stay.
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        return {"train": train, "serve": serve, "invoke": send}[given.command](given)
    except (UserError, AlgorithmError, PlatformError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except ModelError as error:
        sys.stderr.write(f"ModelError: {error}\n")
        return UserError.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, before)


def train(given: argparse.Namespace) -> int:
    """One training job, its log as it runs, its metrics and files at the end."""
    request = arguments.request(given)
    with Shown(hosts=request.hosts) as shown, choose(given.engine, progress=shown.progress) as engine:
        result = TrainingJob(request, output=given.output, engine=engine, observer=shown).run()
    return 0 if result.status == "Completed" or result.secondary_status == "MaxRuntimeExceeded" else UserError.exit_code


def serve(given: argparse.Namespace) -> int:
    """One endpoint in the foreground until Ctrl-C, its health said when it changes."""
    model = given.model or newest_model(given.image, given.output)
    with (
        Shown() as shown,
        choose(given.engine, progress=shown.progress) as engine,
        Endpoint(
            given.image,
            model,
            environment=arguments.pairs(given.env),
            port=given.port,
            clock=arguments.clock(given),
            engine=engine,
            observer=shown,
        ) as endpoint,
    ):
        shown.note(f"model {model}; Ctrl-C stops")
        shown.note(f"curl --data-binary @rows.csv --header 'Content-Type: text/csv' {endpoint.url}/invocations")
        healthy = True
        while (code := endpoint.exit_code()) is None:
            if endpoint.ping() is not healthy:
                healthy = not healthy
                shown.note("/ping answers again" if healthy else "/ping does not answer 200 within 2 s")
            time.sleep(HEALTH_SECONDS if healthy else BETWEEN_PINGS_SECONDS)
        raise UserError(f"the container ended by itself with exit code {code}")


def send(given: argparse.Namespace) -> int:
    """One invocation: the body from a file or standard input, the answer to standard output."""
    if given.file == "-" and sys.stdin.isatty():
        sys.stderr.write("type the body; Ctrl-D ends it\n")
    body = sys.stdin.buffer.read() if given.file == "-" else _content(Path(given.file))
    headers = arguments.pairs(given.header)
    if given.content_type:
        headers["Content-Type"] = given.content_type
    if given.accept:
        headers["Accept"] = given.accept
    url = f"http://127.0.0.1:{given.endpoint}" if given.endpoint.isdigit() else given.endpoint
    answer = invoke(url, body, headers, Limits(given.payload_bytes, given.timeout))
    sys.stdout.buffer.write(answer.body)
    sys.stdout.flush()
    if sys.stdout.isatty():
        Console(stderr=True).print(f"\n[dim]{answer.content_type}[/dim]")
    return 0


def newest_model(image: str, output: Path) -> Path:
    """The model.tar.gz of the last job of this image that left one below `output`."""
    name = find(image).name
    found = sorted(output.glob(f"{name}-*/output/model.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError(f"no model of image {name} below {output}: train one (make train/{name}) or give --model PATH")
    return found[-1]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(
            f"the body cannot be read from {show(str(path))}: {reason}; name a file (- reads standard input)"
        ) from error


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
