"""A model's own process: it loads the model, tries it out, and answers the invocations that workers send it.

One thread reads from all connections and answers what is quick; what takes long is answered in a second thread, one
at a time, while the native library lets the first one run.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from contract.errors import AlgorithmError, UserError
from serving import probe
from serving.answers import Answer
from serving.invocation import Invocation
from serving.models import loaded, memory, message
from serving.models.message import Message, Reader
from serving.serve import TRIAL_SECONDS
from serving.service import Service
from serving.settings import Settings

log = logging.getLogger("serving")

GOODBYE = {"goodbye": True}
"""The answer to a request that came after the model was unloaded."""
_WATCH_SECONDS = 0.5
_NO_MEMORY = ("bad_alloc", "std::bad_array_new_length", "Cannot allocate memory")


@dataclass(frozen=True)
class Task:
    """What a new process is to serve, and with what."""

    name: str
    algorithm: str
    directory: Path
    settings: Settings
    user: tuple[int, int]
    room: int
    """Bytes that the model may take."""
    scarce: bool
    """Whether a good model might need more than that while it loads."""
    listener: socket.socket
    """Of the workers' connections."""
    control: socket.socket
    """To the keeper: what became of loading is told there, and its end is the order to stop."""


def become(task: Task) -> NoReturn:
    """The rest of a life that began as a copy of the keeper."""
    code = AlgorithmError.exit_code
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        loaded.close_others(task.listener.fileno(), task.control.fileno())
        _serve(task)
        code = 0
    except UserError as error:
        _tell(task, message.of_error(error))
    except MemoryError:
        _tell(task, message.of_error(loaded.choked(task.name, task.room, scarce=task.scarce)))
    except OSError as error:
        _tell(task, message.of_error(loaded.lacking(error)))
    except Exception:
        log.exception("model %s failed", task.name)
        _tell(task, message.of_error(UserError("the model fails; the log says why", where="model", code="bad_model")))
    sys.stderr.flush()
    os._exit(code)


def _serve(task: Task) -> None:
    memory.volunteer()
    service = _load(task)
    _drop_privileges(*task.user)
    signal.setitimer(signal.ITIMER_REAL, TRIAL_SECONDS)  # its default action ends the process
    service.try_out()
    signal.setitimer(signal.ITIMER_REAL, 0)
    service.set_threads(task.settings.threads)
    _tell(task, {"private": memory.private(), "resident": memory.resident(os.getpid())})
    Host(task, service).run()


def _load(task: Task) -> Service:
    """As root, if the container started so: whose files they are is the service's choice, as with a single model."""
    try:
        return probe.load(task.algorithm, task.directory, task.settings, task.room + memory.ADDRESSES_BYTES)
    except UserError as error:
        if any(sign in error.message for sign in _NO_MEMORY):
            raise loaded.choked(task.name, task.room, scarce=task.scarce) from error
        raise


def _drop_privileges(uid: int, gid: int) -> None:
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _tell(task: Task, head: dict[str, Any]) -> None:
    try:
        task.control.sendall(message.pack(head))
    except OSError:  # the keeper no longer waits
        return


@dataclass(eq=False)
class Connection:
    """Of one worker."""

    socket: socket.socket
    reader: Reader


class Host:
    """Answers until the keeper closes `control`; then what has arrived by then, and no more."""

    def __init__(self, task: Task, service: Service) -> None:
        self._task = task
        self._service = service
        self._seconds = task.settings.seconds
        self._connections: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._slow = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        """Of the requests that were handed to the second thread."""
        self._slow_since = 0.0
        self._stopping = False

    def run(self) -> None:
        self._task.listener.setblocking(False)
        self._selector.register(self._task.listener, selectors.EVENT_READ, None)
        self._selector.register(self._task.control, selectors.EVENT_READ, None)
        while not self._stopping:
            for key, _ in self._selector.select(self._patience()):
                if isinstance(key.data, Connection):
                    self._converse(key.data)
                elif key.fileobj is self._task.listener:
                    self._accept()
                else:
                    self._stopping = True
            self._watch()
        self._finish()

    def _accept(self) -> bool:
        try:
            accepted, _ = self._task.listener.accept()
        except OSError:
            return False
        connection = Connection(accepted, Reader())
        self._connections.add(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)
        self._converse(connection)
        return True

    def _converse(self, connection: Connection) -> None:
        """Read what is there, and answer what is complete."""
        try:
            asked = connection.reader.receive(connection.socket, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except (EOFError, OSError):
            self._forget(connection).close()
            return
        if asked is None:
            return
        invocation = Invocation(asked.body, **asked.head)
        if self._service.quick(invocation):
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            answer = self._answer(invocation)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if not _send(connection.socket, answer):
                self._forget(connection).close()
        else:
            self._last = self._slow.submit(self._answer_slowly, self._forget(connection), invocation)
            self._slow.submit(memory.trim)  # when the body and the answer are no longer held

    def _forget(self, connection: Connection) -> socket.socket:
        self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        return connection.socket

    def _answer_slowly(self, connection: socket.socket, invocation: Invocation) -> None:
        """In the second thread. The connection ends with its answer."""
        with connection:
            self._slow_since = time.monotonic()
            answer = self._answer(invocation)
            self._slow_since = 0.0
            _send(connection, Message(answer.head | {"last": True}, answer.body))

    def _patience(self) -> float | None:
        return None if self._last is None or self._last.done() else _WATCH_SECONDS

    def _watch(self) -> None:
        """A native call cannot be interrupted: the process ends as it would by the timer."""
        since = self._slow_since
        if since and time.monotonic() - since > self._seconds:
            os.kill(os.getpid(), signal.SIGALRM)

    def _answer(self, invocation: Invocation) -> Message:
        try:
            return _message(self._service.respond(invocation))
        except UserError as error:
            return Message(message.of_error(error))
        except MemoryError:
            return Message(message.of_error(loaded.exhausted(self._task.name)))
        except Exception:
            log.exception("model %s failed on a request", self._task.name)
            return Message({"failed": True})

    def _finish(self) -> None:
        """Nobody can connect any more. What is here whole is answered; to the others, goodbye."""
        while self._accept():
            pass
        for connection in tuple(self._connections):
            self._converse(connection)
        for connection in self._connections:
            _send(connection.socket, Message(GOODBYE))
        self._slow.shutdown()


def _message(answer: Answer) -> Message:
    head = {"status": answer.status, "content_type": answer.content_type, "headers": answer.headers}
    body = answer.body if answer.chunks is None else b"".join(answer.chunks)
    return Message(head | {"timings": answer.timings and tuple(answer.timings)}, body)


def _send(connection: socket.socket, answer: Message) -> bool:
    try:
        connection.sendall(message.pack(answer.head, answer.body))
    except OSError:  # the worker is gone
        return False
    return True
