"""`serve`, PID 1 of a serving container: it holds the port, tries the model in a child, and supervises that child.

The child loads the model, predicts once and becomes gunicorn's arbiter (serving/server.py). Until it is ready PID 1
answers 503 itself. A model that cannot be served ends everything with one line, and so does a native library that
crashes on it: nothing is started again. SIGTERM: the child stops accepting and answers what was accepted; by
SERVE_GONE_SECONDS everything is gone, with exit code 0.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from contract import limits
from contract.errors import AlgorithmError, PlatformError, UserError
from contract.paths import Paths
from contract.resources import PATIENT_THREADS
from serving import waiting
from serving.settings import Settings

TRIAL_SECONDS = 5.0
"""How long the model may take for its first prediction."""
KILL_SECONDS = limits.SERVE_GONE_SECONDS - 2
"""From SIGTERM until PID 1 kills what is left."""
ENVIRONMENT = PATIENT_THREADS | {"OPENBLAS_NUM_THREADS": "1"}
"""What the libraries read when they are loaded. numpy's own threads are neither used nor survive a fork."""
_BACKLOG = 2048
_TURN_SECONDS = 0.1
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Run until SIGTERM (exit code 0), or until the child ends: then its exit code, 128 + n for signal n."""
    child = Child()
    for number in _SIGNALS:
        signal.signal(number, child.stop)
    # Reloading is not offered, and a terminal that hangs up must not end the server.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        settings = Settings.of_environment()
        with _bind(settings.address, settings.port) as listener:
            child.start(settings, listener)
            child.await_ready(listener)
        code = child.await_end()
    except (UserError, AlgorithmError, PlatformError) as error:
        code = _fail(error)
    child.clear()
    return code


class Child:
    """The process under PID 1, and what is known of it."""

    def __init__(self) -> None:
        self._process = 0
        self._progress = -1
        self._stopped_at: float | None = None
        self._code: int | None = None
        """As os.waitstatus_to_exitcode gives it: negative for a signal."""

    def start(self, settings: Settings, listener: socket.socket) -> None:
        self._progress, progress = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # one that comes now waits until both sides can act on it
        self._process = os.fork()
        if self._process == 0:
            os.close(self._progress)
            _become_server(settings, listener, lambda what: os.write(progress, what))
        os.close(progress)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if self._stopped_at is not None:  # before there was a child
            self._send(signal.SIGTERM)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Handle the first SIGTERM; those that follow change nothing."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._send(signal.SIGTERM)

    def await_ready(self, listener: socket.socket) -> None:
        """Answer 503 until the child serves or ends. Raises UserError where the model takes too long."""
        seconds, doing = limits.STARTUP_SECONDS, "load"
        deadline = time.monotonic() + seconds
        while self._running() and self._stopped_at is None:
            readable, _, _ = select.select([self._progress, listener.fileno()], [], [], _TURN_SECONDS)
            if self._progress in readable:
                told = os.read(self._progress, 1)
                if told == waiting.READY:
                    return
                if not told:  # the child is ending; why is known when it has ended
                    time.sleep(_TURN_SECONDS)
                    continue
                seconds, doing = TRIAL_SECONDS, "predict"
                deadline = time.monotonic() + seconds
            elif readable:
                waiting.refuse(listener)
            if time.monotonic() > deadline:
                raise UserError(f"it does not {doing} within {seconds:.0f} s: damaged, or too large", where="model")
        if self._code is not None and self._code < 0 and self._stopped_at is None:
            raise _crash(signal.Signals(-self._code))

    def await_end(self) -> int:
        """Reap until the child ends; kill it where it was told to and does not. The exit code for PID 1."""
        while self._running():
            if self._stopped_at is not None and time.monotonic() > self._stopped_at + KILL_SECONDS:
                self._send(signal.SIGKILL)
            time.sleep(_TURN_SECONDS)
        if self._stopped_at is not None or self._code is None:
            return 0
        return self._code if self._code >= 0 else 128 - self._code

    def clear(self) -> None:
        """Leave nothing behind: what the child started dies with it, what left its process group with PID 1."""
        self._send(signal.SIGKILL)
        with suppress(ChildProcessError):
            if self._process:
                os.waitpid(self._process, 0)

    def _running(self) -> bool:
        """Reap whatever ended (PID 1 inherits orphans) and say whether the child is still there."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._process:
                    self._code = os.waitstatus_to_exitcode(ended[1])
        return self._code is None

    def _send(self, number: signal.Signals) -> None:
        """SIGTERM to the child, which passes it on in its own way; SIGKILL to it and all that it started."""
        with suppress(ProcessLookupError):
            if self._process and number == signal.SIGKILL:
                os.killpg(self._process, number)
            elif self._process:
                os.kill(self._process, number)


def _bind(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise PlatformError(f"cannot listen on port {port}: {error.strerror}; is another server running?") from error
    listener.listen(_BACKLOG)
    return listener


def _become_server(settings: Settings, listener: socket.socket, tell: Callable[[bytes], object]) -> NoReturn:
    """The child's life. It ends by os._exit: what belongs to PID 1 (its stack, its handlers) must not run twice."""
    code = AlgorithmError.exit_code
    try:
        os.setpgid(0, 0)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        gc.disable()  # all that is loaded now stays: server.run goes on when it is there
        from serving import server  # the libraries are loaded here, not in PID 1

        algorithm, directory = os.environ.get("SAGEMAKER_ALGORITHM", ""), Paths.of_environment().model
        server.run(algorithm, directory, settings, listener, tell)
        code = 0
    except (UserError, AlgorithmError, PlatformError) as error:
        code = _fail(error)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    except BaseException:
        logging.getLogger("serving").exception("the server cannot start")
    sys.stderr.flush()
    os._exit(code)


def _crash(number: signal.Signals) -> UserError | PlatformError:
    if number == signal.SIGKILL:
        return PlatformError(f"model: the process was killed ({number.name}) while it loaded; is there memory enough?")
    return UserError(f"the native library crashed on it ({number.name}); the file is damaged", where="model")


def _fail(error: UserError | AlgorithmError | PlatformError) -> int:
    """One line that says why; its exit code."""
    line = " ".join(str(error).split())
    sys.stderr.write(f"serve: {line}\n")
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
