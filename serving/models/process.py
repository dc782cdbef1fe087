"""A model's own process: it loads the model, tries it out, and answers the invocations that workers send it.

One thread reads from all connections and answers what is small and quick. The rest is answered in others, as many as
there are workers, each of which asks for one such answer at a time; the native library lets the first run meanwhile.
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
from serving import allocator, probe
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
_WATCH_SECONDS, _PAUSE_SECONDS = 0.5, 0.02
_LARGE_BYTES = 1 << 20
"""Bodies above this size leave memory worth giving back."""
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
        alone = service.model is None or service.model.exclusive
        self._slow = ThreadPoolExecutor(1 if alone else task.settings.workers)
        self._pending: list[Future[None]] = []
        """Requests that were handed to the other threads."""
        self._since: dict[socket.socket, float] = {}
        """When each of those that are being computed began."""
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
        except BlockingIOError:
            return False
        except OSError:  # too many are open: the next waits, and the listener stays readable meanwhile
            time.sleep(_PAUSE_SECONDS)
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
        if len(asked.body) <= message.SMALL_BYTES and self._service.quick(invocation):
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            answer = self._answer(invocation)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if not _send(connection.socket, answer):
                self._forget(connection).close()
        else:
            self._pending.append(self._slow.submit(self._answer_slowly, self._forget(connection), [invocation]))

    def _forget(self, connection: Connection) -> socket.socket:
        self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        return connection.socket

    def _answer_slowly(self, connection: socket.socket, asked: list[Invocation]) -> None:
        """In another thread. The connection ends with its answer; the body is taken out of the list, to be let go."""
        with connection:
            self._since[connection] = time.monotonic()
            invocation = asked.pop()
            large = len(invocation.content) > _LARGE_BYTES
            answer = self._answer(invocation)
            del self._since[connection], invocation
            _send(connection, Message(answer.head | {"last": True}, answer.body))
            del answer
        if large:
            allocator.trim()

    def _patience(self) -> float | None:
        self._pending = [answer for answer in self._pending if not answer.done()]
        return _WATCH_SECONDS if self._pending else None

    def _watch(self) -> None:
        """A native call cannot be interrupted: the process ends as it would by the timer."""
        if any(time.monotonic() - since > self._seconds for since in tuple(self._since.values())):
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
