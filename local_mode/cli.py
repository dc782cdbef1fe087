"""`python -m local_mode train|serve|invoke`: what make train/%, serve/% and invoke/% stand on."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from contract.errors import AlgorithmError, PlatformError, UserError, show
from local_mode import arguments, pipeline_server
from local_mode.console import Shown
from local_mode.deployment import BETWEEN_PINGS_SECONDS, Deployment, Step, check_free
from local_mode.endpoint import Endpoint
from local_mode.engine import Engine, choose
from local_mode.images import find
from local_mode.invocation import Limits, ModelError, invoke
from local_mode.observer import Observer
from local_mode.pipeline import Pipeline
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
    with (
        Shown(hosts=request.hosts, all_lines=given.all_lines) as shown,
        choose(given.engine, progress=shown.progress) as engine,
    ):
        result = TrainingJob(request, output=given.output, engine=engine, observer=shown).run()
    return 0 if result.status == "Completed" or result.secondary_status == "MaxRuntimeExceeded" else UserError.exit_code


def serve(given: argparse.Namespace) -> int:
    """One endpoint, or a pipeline, in the foreground until Ctrl-C, its health said when it changes."""
    images = given.image.split(arguments.TOGETHER)
    models = [
        model or newest_model(image, given.output) for image, model in zip(images, arguments.models(given), strict=True)
    ]
    steps = list(map(Step, images, models, arguments.environments(given)))
    with (
        Shown(hosts=len(steps)) as shown,
        choose(given.engine, progress=shown.progress) as engine,
        _serving(steps, given, engine, shown) as (served, url),
    ):
        shown.note(f"model {', then '.join(map(str, models))}; Ctrl-C stops")
        shown.note(f"curl --data-binary @rows.csv --header 'Content-Type: text/csv' {url}/invocations")
        healthy = True
        while (code := served.exit_code()) is None:
            if served.ping() is not healthy:
                healthy = not healthy
                shown.note("/ping answers again" if healthy else "/ping does not answer 200 within 2 s")
            time.sleep(HEALTH_SECONDS if healthy else BETWEEN_PINGS_SECONDS)
        raise UserError(f"the container ended by itself with exit code {code}")


@contextlib.contextmanager
def _serving(
    steps: Sequence[Step], given: argparse.Namespace, engine: Engine, observer: Observer
) -> Iterator[tuple[Deployment, str]]:
    """What serves, and the address to ask it at."""
    clock = arguments.clock(given)
    if len(steps) == 1:
        image, model, environment = steps[0].image, steps[0].model, steps[0].environment
        with Endpoint(
            image, model, environment=environment, port=given.port, clock=clock, engine=engine, observer=observer
        ) as endpoint:
            yield endpoint, endpoint.url
    else:
        check_free(given.port)  # before containers are started in vain
        with (
            Pipeline(steps, clock=clock, engine=engine, observer=observer) as pipeline,
            pipeline_server.opened(pipeline, given.port) as url,
        ):
            yield pipeline, url


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
    if sys.stdout.isatty() and not answer.body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")  # of the prompt behind it; in a pipe the answer is what the endpoint sent
    sys.stdout.flush()
    if sys.stdout.isatty():
        Console(stderr=True).print(f"[dim]{answer.content_type}[/dim]")
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
