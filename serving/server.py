"""The process under PID 1: it loads and tries the model, then becomes gunicorn's arbiter."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from serving import gunicorn_config, logs, probe, waiting
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings


class Server(BaseApplication):
    """gunicorn, given an application that is loaded already and settings that are no command line's."""

    def __init__(self, application: Application, settings: dict[str, Any]) -> None:
        self._application = application
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        return self._application


def run(
    algorithm: str, directory: Path, settings: Settings, listener: socket.socket, tell: Callable[[bytes], object]
) -> None:
    """Serve until SIGTERM. `listener` is the bound socket, `tell` tells PID 1 how far it is.

    Raises UserError, AlgorithmError or PlatformError where the model or the surroundings do not allow it.
    """
    logs.start()
    endpoint = Endpoint(settings)
    application = Application(endpoint)
    endpoint.service = probe.load(algorithm, directory, settings)
    tell(waiting.LOADED)
    endpoint.service.try_out()
    configuration = gunicorn_config.settings(settings, listener.fileno())
    server = Server(application, configuration | {"when_ready": lambda arbiter: tell(waiting.READY)})
    server.run()
