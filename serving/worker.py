"""The gunicorn worker: our own HTTP in gevent's event loop, a quick end, large requests computed beside the loop.

Chosen by measuring. Of gunicorn's own workers, one row a request, gevent's and gthread answered at about the same rate,
sync, which keeps no connection, at little more than half of it. A slow client costs gevent a greenlet, gthread one of
its threads, sync all it has; and with large requests in a native thread /ping stays quick during a long prediction,
unlike with plain gevent. Then gevent's worker against this one, alternating on two busy cores: a /ping took 130 to 170
microseconds of CPU there and takes 18 here.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from queue import SimpleQueue
from types import FrameType
from typing import Any

import gevent
from gevent import hub
from gunicorn.workers.base import Worker as BaseWorker

from serving.allocator import Idleness
from serving.http.connection import Host
from serving.http.door import Door, Tally
from serving.http.patience import Patience

_TURN_SECONDS = 0.1
"""Between two looks at what is to be done; as long, a stopping worker waits for the bytes of accepted connections."""


class Worker(BaseWorker):
    """Of gunicorn's: the fork, the user, the heartbeat, the signals. How requests come in is serving.http's."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.inherited_signals: SimpleQueue[int] = SimpleQueue()
        """Of the arbiter whose copy this process is: until a worker has handlers of its own, signals land there."""
        self.patience = Patience()
        self.idleness = Idleness()
        self.tally = Tally(1)
        self.slot = 0
        """Where in the tally this worker counts."""

    def init_process(self) -> None:
        application: Any = self.app.wsgi()
        # Who asks models' processes waits for sockets and locks in plain Python: others are to go on. A user's script
        # waits in a native thread, where gevent starts no process: it gets Python as it is.
        if application.endpoint.settings.multi_model:
            from gevent import monkey

            monkey.patch_all()
        hub.reinit()
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop; then answer what was accepted, and go."""
        while not self.inherited_signals.empty():
            if self.inherited_signals.get() == signal.SIGTERM:
                self.alive = False
        application: Any = self.wsgi
        host = Host(application, self._environ(), self.patience, refused=application.endpoint.metrics.refused)
        doors = [Door(listener, host, self.tally, self.slot) for listener in self.sockets]
        while self.alive and os.getppid() == self.ppid:
            for door in doors:
                door.open()
            self._turn(host)
        host.stopping = True
        for door in doors:
            door.close()
        self._turn(host)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while host.active and time.monotonic() < deadline:
            self._turn(host)

    def handle_quit(self, number: int, frame: FrameType | None) -> None:
        """A signal handler must not wait, as the parent's does."""
        gevent.spawn(super().handle_quit, number, frame)

    def _turn(self, host: Host) -> None:
        self.notify()
        host.tick()
        self.idleness.look(host.answered, host.active)
        gevent.sleep(_TURN_SECONDS)

    def _environ(self) -> dict[str, Any]:
        address, port = self.sockets[0].getsockname()[:2]
        return {
            "SCRIPT_NAME": "",
            "SERVER_NAME": address,
            "SERVER_PORT": str(port),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": self.cfg.workers > 1,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
