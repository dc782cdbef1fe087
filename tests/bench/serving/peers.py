"""The servers: how each is installed and started, and what it is asked.

Every peer computes with one thread in each of its workers, as ours does. The pins in tests/bench/peers/*.txt name what
was asked for, without what that brings along and without hashes: nothing of it comes near an image.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.serving.workload import CSV, TEXT, V1, V2, WRAPPED, Form

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "bench" / "peers"
ENVIRONMENTS = ROOT / ".cache" / "bench"
INSTALL_SECONDS = 600
WORKERS = 2
"""Of every server; the samples that start themselves say so, too."""


class PeerError(Exception):
    """Why a peer cannot be measured, in one line."""


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    command: tuple[str, ...]
    """{python}, {port} and {models} (the folder above the model's) are filled in; so they are in `environment`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    requirements: str = ""
    """A file beside the samples, for an environment of its own; none: ours has all."""
    form: Form = CSV
    path: str = "/invocations"
    ping: str = "/ping"
    floor: bool = False
    """It predicts nothing."""


_EACH = ("--workers", str(WORKERS), "--log-level", "error")
_GUNICORN = ("{python}", "-m", "gunicorn", *_EACH, "--no-control-socket", "-b127.0.0.1:{port}", "--chdir", str(SAMPLES))
_UVICORN = ("{python}", "-m", "uvicorn", *_EACH, "--no-access-log", "--port", "{port}", "--app-dir", str(SAMPLES))

OURS, BASELINE = "ours", "baseline"
PEERS = (
    Peer(
        OURS,
        "this repository",
        ("{python}", "-m", "serving.serve"),
        {
            "SAGEMAKER_BASE_DIR": "{models}",
            "SAGEMAKER_ALGORITHM": "xgboost",
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(WORKERS),
            "SAGEMAKER_BIND_TO_PORT": "{port}",
        },
    ),
    Peer(BASELINE, "Flask + pandas + DMatrix, gunicorn sync", (*_GUNICORN, "flask_pandas:app")),
    Peer("asgi", "bare ASGI, uvicorn", (*_UVICORN, "asgi_app:app"), requirements="fastapi"),
    Peer("fastapi", "FastAPI, uvicorn", (*_UVICORN, "fastapi_app:app"), requirements="fastapi"),
    Peer(
        "litserve",
        "LitServe",
        ("{python}", str(SAMPLES / "litserve_app.py")),
        requirements="litserve",
        form=WRAPPED,
        ping="/health",
    ),
    Peer(
        "bentoml",
        "BentoML",
        ("{python}", "-m", "bentoml", "serve", "-q", "bentoml_app:Trees", "--working-dir", str(SAMPLES), "-p{port}"),
        {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{models}/bentoml"},
        requirements="bentoml",
        form=TEXT,
        ping="/readyz",
    ),
    Peer(
        "kserve",
        "KServe (JSON)",
        ("{python}", str(SAMPLES / "kserve_app.py")),
        requirements="kserve",
        form=V1,
        path="/v1/models/trees:predict",
        ping="/v1/models/trees",
    ),
    Peer(
        "mlserver",
        "MLServer (JSON)",
        ("{python}", "-c", "from mlserver.cli import main; main()", "start", str(SAMPLES)),
        {
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_PARALLEL_WORKERS": str(WORKERS),
            "MLSERVER_MODEL_NAME": "trees",
            "MLSERVER_MODEL_IMPLEMENTATION": "mlserver_app.Trees",
        },
        requirements="mlserver",
        form=V2,
        path="/v2/models/trees/infer",
        ping="/v2/models/trees/ready",
    ),
    Peer("hello_gevent", "hello world, gunicorn gevent", (*_GUNICORN, "-kgevent", "hello_app:app"), floor=True),
    Peer("hello_sync", "hello world, gunicorn sync", (*_GUNICORN, "hello_app:app"), floor=True),
)


def choose(names: str) -> tuple[Peer, ...]:
    """The peers of a list with commas, in their own order; all for none. Raises PeerError for a name that is none."""
    known = {peer.name: peer for peer in PEERS}
    wanted = set(names.split(",")) if names else set(known)
    if unknown := sorted(wanted - set(known)):
        raise PeerError(f"no peer is called {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(peer for name, peer in known.items() if name in wanted | {BASELINE})


def python(peer: Peer) -> Path:
    """The interpreter of a peer's environment, which is made where it is missing. Raises PeerError."""
    if not peer.requirements:
        return Path(sys.executable)
    folder = ENVIRONMENTS / peer.requirements
    pins = SAMPLES / f"{peer.requirements}.txt"
    made, interpreter = folder / "made", folder / "bin" / "python"
    if made.is_file() and made.read_text() == pins.read_text():
        return interpreter
    uv = str(Path(sys.executable).parent / "uv")
    _run(peer, uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    _run(peer, uv, "pip", "install", "--quiet", "--python", str(interpreter), "--requirement", str(pins))
    made.write_text(pins.read_text())
    return interpreter


def _run(peer: Peer, *command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"{peer.title} cannot be installed: {error}") from error
    if done.returncode:
        raise PeerError(f"{peer.title} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
