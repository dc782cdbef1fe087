"""How gunicorn runs: one process a worker, the model loaded before the fork, nothing written but a heartbeat file."""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

from contract import limits, paths
from contract.errors import PlatformError
from serving import privileges
from serving.green import Green
from serving.http.door import Tally
from serving.settings import Settings
from serving.worker import Worker

log = logging.getLogger("serving")

GRACE_SECONDS = int(limits.SERVE_GONE_SECONDS - 5)
"""From SIGTERM until requests that still compute are abandoned."""


def settings(serving: Settings, listener: int) -> dict[str, Any]:
    """gunicorn's settings; `listener` is the descriptor of the bound socket."""
    uid, gid = privileges.worker_user()
    if os.geteuid() == 0 and uid == 0:
        log.warning("workers run as root, since %s", privileges.obstacle())
    tally = Tally(serving.workers)
    return {
        "bind": f"fd://{listener}",
        "workers": serving.workers,
        "worker_class": Worker,
        "worker_tmp_dir": _heartbeat_directory(),
        "user": uid,
        "group": gid,
        "preload_app": True,
        "timeout": int(serving.seconds) + 5,
        "graceful_timeout": GRACE_SECONDS,
        "control_socket_disable": True,
        "loglevel": "warning",
        "proc_name": "serve",
        "on_starting": _log_as_we_do,
        "pre_fork": lambda arbiter, worker: _give_slot(arbiter, worker, tally),
        "post_fork": _after_fork,
        "post_worker_init": _equip,
    }


def _log_as_we_do(arbiter: Any) -> None:
    """gunicorn's lines reach the root logger's handler, as all others do."""
    logger = logging.getLogger("gunicorn.error")
    logger.handlers.clear()
    logger.propagate = True
    keep_what_is_loaded()


def keep_what_is_loaded() -> None:
    """It lives as long as the process: collections here and in the workers must not look at it, and so copy it."""
    gc.freeze()
    gc.enable()


def _give_slot(arbiter: Any, worker: Any, tally: Tally) -> None:
    """Where the worker counts what it does: a slot that no living worker has."""
    worker.tally = tally
    taken = {other.slot for other in arbiter.WORKERS.values()}
    worker.slot = min(set(range(worker.cfg.workers)) - taken, default=0)


def _after_fork(arbiter: Any, worker: Any) -> None:
    """gunicorn changes the user and the group, but would keep root's other groups."""
    if worker.cfg.uid != os.geteuid():
        os.setgroups([])
    worker.inherited_signals = arbiter.SIG_QUEUE


def _equip(worker: Any) -> None:
    """In each worker after the fork, where threads may start: lend the endpoint the worker's concurrency."""
    endpoint = worker.wsgi.endpoint
    endpoint.service.set_threads(endpoint.settings.threads)
    endpoint.concurrency = Green(endpoint.settings.seconds, worker.patience)
    endpoint.metrics.take(worker.slot)


def _heartbeat_directory() -> str:
    """In memory where there is /dev/shm, else where temporary files go: a disk may make a heartbeat wait."""
    for directory in ("/dev/shm", paths.scratch()):  # noqa: S108 - gunicorn creates the file there by mkstemp
        if os.access(directory, os.W_OK | os.X_OK):
            return str(directory)
    raise PlatformError("neither /dev/shm nor the directory for temporary files is writable; mount a tmpfs at /tmp")
