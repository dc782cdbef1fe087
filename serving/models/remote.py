"""The models as a worker sees them: it asks the keeper for them, and their own processes for answers."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from contract.errors import AlgorithmError, UserError
from serving.answers import Answer, Timings
from serving.concurrency import busy
from serving.invocation import Invocation
from serving.model import Model
from serving.models import keeper, loaded, message
from serving.models.lifeline import DOOR
from serving.models.message import Message, Reader
from serving.settings import Settings

TARGET = "X-Amzn-SageMaker-Target-Model"
_KEPT = 64
"""Idle connections that a worker keeps, over all models."""
_SPARE_SECONDS = 5.0
"""A model's process ends by itself when a prediction does not; so much later nobody waits for it any more."""


@dataclass
class Models:
    """A Service (serving.service) of all models; which one is asked stands in `Invocation.target`.

    In a worker its sockets are gevent's: whoever waits here holds up nobody else.
    """

    directory: Path
    """Where the keeper's and the models' sockets lie."""
    settings: Settings
    _idle: OrderedDict[socket.socket, str] = field(default_factory=OrderedDict)
    """Connections and the models they lead to; the one that was used longest ago first."""

    @property
    def model(self) -> Model | None:
        return None

    @cached_property
    def _turn(self) -> threading.BoundedSemaphore:
        """Made when it is first needed: only then locks are gevent's."""
        return threading.BoundedSemaphore(1)

    def ask(self, wish: str, **more: Any) -> dict[str, Any]:
        """What the keeper tells. Raises UserError as it says, and AlgorithmError where it is gone."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(keeper.LOAD_SECONDS + keeper.UNLOAD_SECONDS)
            try:
                connection.connect(str(self.directory / DOOR))
                connection.sendall(message.pack({"wish": wish, **more}))
                told = message.receive(connection).head
            except (OSError, EOFError) as error:
                raise AlgorithmError("the keeper of the models does not answer") from error
        message.raise_error(told)
        if "failed" in told:
            raise AlgorithmError("the keeper of the models failed on this request; the line before says why")
        return told

    def count(self) -> int:
        names = (path.name for path in self.directory.iterdir())
        return sum(name != DOOR and not name.endswith(loaded.LOADING) for name in names)

    def check(self, invocation: Invocation) -> None:
        if not invocation.target:
            raise UserError("several models are served here; name the one that is to answer", where=f"header {TARGET}")
        if not os.access(loaded.address(self.directory, invocation.target), os.F_OK):
            raise loaded.not_found(invocation.target)

    def one_piece(self, invocation: Invocation) -> str:
        return "a model among several is sent bodies whole"

    def respond(self, invocation: Invocation) -> Answer:
        """Raises UserError also where the model is not loaded (not_found) or runs out of memory (out_of_memory)."""
        head = {"content_type": invocation.content_type, "accept": invocation.accept}
        head |= {"attributes": invocation.attributes, "inference_id": invocation.inference_id}
        with self._in_turn(invocation):
            told = self._exchange(invocation.target, message.pack(head, invocation.content))
        message.raise_error(told.head)
        if "failed" in told.head:
            raise AlgorithmError(f"model {invocation.target} failed on this request; the line before says why")
        return _answer(told)

    def quick(self, invocation: Invocation) -> bool:
        """Nothing is computed here."""
        return True

    def try_out(self) -> None:
        """Each model is tried out when it is loaded."""

    def set_threads(self, count: int) -> None:
        """Each model's process sets its own."""

    @contextmanager
    def _in_turn(self, invocation: Invocation) -> Iterator[None]:
        if len(invocation.content) <= message.SMALL_BYTES:
            yield
            return
        if not self._turn.acquire(timeout=self.settings.seconds):
            raise busy()
        try:
            yield
        finally:
            self._turn.release()

    def _exchange(self, name: str, asked: bytes) -> Message:
        """The answer of the model's process. Connections that ended meanwhile are passed over: they carried nothing."""
        while True:
            connection, reader = self._take(name) or self._connect(name), Reader()
            try:
                connection.sendall(asked)
                told = reader.wait(connection)
            except BrokenPipeError:
                connection.close()
                continue
            except (EOFError, ConnectionResetError) as error:
                connection.close()
                raise self._died(name) from error
            except TimeoutError as error:
                connection.close()
                raise busy() from error
            if "goodbye" in told.head:
                connection.close()
                continue
            # Behind the answer may come the goodbye of a model that was unloaded just now.
            self._keep(name, connection, last="last" in told.head or bool(reader.rest))
            return told

    def _connect(self, name: str) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self.settings.seconds + _SPARE_SECONDS)
        try:
            connection.connect(loaded.address(self.directory, name))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            connection.close()
            raise loaded.not_found(name) from error
        return connection

    def _take(self, name: str) -> socket.socket | None:
        found = next((connection for connection, model in reversed(self._idle.items()) if model == name), None)
        if found is not None:
            del self._idle[found]
        return found

    def _keep(self, name: str, connection: socket.socket, *, last: bool) -> None:
        if last:
            connection.close()
            return
        self._idle[connection] = name
        if len(self._idle) > _KEPT:
            self._idle.popitem(last=False)[0].close()

    def _died(self, name: str) -> Exception:
        number = self.ask("cause", name=name)["signal"]
        if number == signal.SIGKILL:
            return loaded.exhausted(name)
        return AlgorithmError(f"the process of model {name} ended in this request")


def _answer(told: Message) -> Answer:
    timings = told.head["timings"]
    return Answer(
        told.head["status"],
        told.body,
        told.head["content_type"],
        headers=tuple((name, value) for name, value in told.head["headers"]),
        timings=Timings(*timings) if timings else None,
    )
