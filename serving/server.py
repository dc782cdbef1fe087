"""The process under PID 1: it loads and tries the model, then becomes gunicorn's arbiter."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from contract.errors import PlatformError
from serving import allocator, gunicorn_config, logs, model, probe, waiting
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings


class Server(BaseApplication):
    """gunicorn, given an application that is loaded already and settings that are no command line's."""

    def __init__(
        self, application: Application, settings: dict[str, Any], intact: Callable[[], bool] = lambda: True
    ) -> None:
        self._application = application
        self._settings = settings
        self.intact = intact
        """Whether all is there that workers need."""
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        return self._application

    def run(self) -> None:
        Supervisor(self).run()


class Supervisor(Arbiter):
    """gunicorn's, which also ends when its server is no longer intact."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._intact = server.intact

    def manage_workers(self) -> None:
        """Called once a second, at least."""
        if not self._intact():
            raise HaltServer("a process that the workers cannot do without has ended", PlatformError.exit_code)
        super().manage_workers()


def run(
    algorithm: str, directory: Path, settings: Settings, listener: socket.socket, tell: Callable[[bytes], object]
) -> None:
    """Serve until SIGTERM. `listener` is the bound socket, `tell` tells PID 1 how far it is.

    Raises UserError, AlgorithmError or PlatformError where the model or the surroundings do not allow it.
    """
    gunicorn_config.keep_what_is_loaded()
    if not settings.user_code:
        allocator.settle()
    logs.start()
    settings = model.settle(algorithm, settings)
    endpoint = Endpoint(settings)
    application = Application(endpoint)
    configuration = gunicorn_config.settings(settings, listener.fileno())
    configuration["when_ready"] = lambda arbiter: tell(waiting.READY)
    if settings.multi_model:
        from serving.models import lifeline, remote  # paid for by endpoints of several models only

        with lifeline.start(algorithm, settings, configuration["worker_tmp_dir"]) as line:
            endpoint.service = remote.Models(line.directory, settings)
            Server(application, configuration, line.intact).run()
    else:
        endpoint.service = probe.load(algorithm, directory, settings)
        tell(waiting.LOADED)
        endpoint.service.try_out()
        Server(application, configuration).run()
