"""The keeper: one process that forks, counts and ends the models' processes. It has one thread, so that it may fork.

Workers send it one message a connection: load, unload, list, describe, or why a model ended. Its lifeline is a pipe
that nobody writes to: when the last process of the server has closed the other end, it ends all models and goes.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from contract import limits
from contract.errors import UserError
from serving.models import loaded, location, memory, message, process
from serving.models.loaded import Loaded
from serving.models.message import Reader
from serving.settings import Settings

log = logging.getLogger("serving")

UNLOAD_SECONDS = 15.0
"""How long requests that a model has accepted may go on after it was unloaded."""
LOAD_SECONDS = limits.STARTUP_SECONDS
_TURN_SECONDS, _PAUSE_SECONDS = 0.2, 0.02
_HINTS = {int(signal.SIGALRM): " (a prediction took too long)", int(signal.SIGKILL): " (out of memory?)"}
_CAUSES = 1000
"""How many ends of models are remembered."""


class Keeper:
    def __init__(self, directory: Path, algorithm: str, settings: Settings, user: tuple[int, int]) -> None:
        self._directory = directory
        self._algorithm = algorithm
        self._settings = settings
        self._user = user
        self._models: dict[str, Loaded] = {}
        """Loading, or loaded."""
        self._processes: dict[int, Loaded] = {}
        """Of those that were unloaded and still answer, too."""
        self._causes: dict[str, int] = {}
        """The signal that ended a model's last process, 0 for none."""
        self._room = 0
        self._selector = selectors.DefaultSelector()
        self._alive = True

    def run(self, door: socket.socket, lifeline: int) -> None:
        """Serve callers that connect to `door` until `lifeline` is closed at its other end."""
        bell, ring = socket.socketpair()
        ring.setblocking(False)
        signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._watch(lifeline, self._stop)
        self._watch(bell, lambda: self._reap(bell))
        self._watch(door, lambda: self._accept(door))
        while self._alive:
            for key, _ in self._selector.select(_TURN_SECONDS if self._expects() else None):
                key.data()
            self._hurry()

    def _watch(self, source: int | socket.socket, react: Callable[[], object]) -> None:
        self._selector.register(source, selectors.EVENT_READ, react)

    def _expects(self) -> bool:
        """Whether a process must load or end by its deadline."""
        return any(not model.ready or model.ending for model in self._processes.values())

    def _stop(self) -> None:
        self._alive = False
        for model in self._processes.values():
            model.kill()
        for model in self._processes.values():
            os.waitpid(model.process, 0)

    # What workers ask.

    def _accept(self, door: socket.socket) -> None:
        try:
            caller, _ = door.accept()
        except OSError:  # too many are open: it waits, and the door stays readable meanwhile
            time.sleep(_PAUSE_SECONDS)
            return
        reader = Reader()

        def react() -> None:
            try:
                asked = reader.receive(caller)
            except (EOFError, OSError, ValueError):
                self._selector.unregister(caller)
                caller.close()
                return
            if asked is not None:
                self._selector.unregister(caller)
                self._answer(caller, asked.head)

        self._watch(caller, react)

    def _answer(self, caller: socket.socket, asked: dict[str, Any]) -> None:
        """Each wish returns a message's head, or None where the caller must wait."""
        wishes: dict[str, Callable[..., dict[str, Any] | None]] = {
            "load": self._load,
            "unload": self._unload,
            "list": self._list,
            "describe": self._describe,
            "cause": self._cause,
        }
        try:
            told = wishes[asked.pop("wish")](caller, **asked)
        except UserError as error:
            told = message.of_error(error)
        except OSError as error:
            log.warning("the keeper of the models lacks something: %s", error)
            told = message.of_error(loaded.lacking(error))
        except Exception:  # costs its caller an answer, and not everybody the endpoint
            log.exception("the keeper of the models failed on a request")
            told = {"failed": True}
        if told is not None:
            _tell(caller, told)

    def _load(self, caller: socket.socket, name: str, url: str) -> None:
        """Where it is being loaded already, wait for the outcome."""
        model = self._models.get(name)
        if model is not None and model.ready:
            raise loaded.registered(name)
        if model is None:
            model = self._models[name] = self._start(name, url)
        model.callers.append(caller)

    def _unload(self, caller: socket.socket, name: str) -> None:
        model = self._find(name)
        model.callers.append(caller)
        del self._models[name]
        Path(model.address).unlink()  # nobody can connect any more
        model.ending, model.deadline = True, time.monotonic() + UNLOAD_SECONDS
        with suppress(KeyError):  # its process has ended just now
            self._selector.unregister(model.control)
        model.control.close()

    def _list(self, caller: socket.socket, after: str, limit: int) -> dict[str, Any]:
        names = sorted(name for name, model in self._models.items() if model.ready and name > after)
        models = [{"modelName": name, "modelUrl": self._models[name].url} for name in names[:limit]]
        return {"models": models, "more": len(names) > limit}

    def _describe(self, caller: socket.socket, name: str) -> dict[str, Any]:
        model = self._find(name)
        return {"modelName": name, "modelUrl": model.url, "memoryBytes": model.bytes()}

    def _cause(self, caller: socket.socket, name: str) -> dict[str, Any]:
        """The signal that ended the model; where its process has closed all and is not gone yet, wait for it."""
        model = self._models.get(name)
        if model is not None and _closed(model.control):
            self._ended(*os.waitpid(model.process, 0))
        return {"signal": self._causes.get(name, 0)}

    def _find(self, name: str) -> Loaded:
        model = self._models.get(name)
        if model is None or not model.ready:
            raise loaded.not_found(name)
        return model

    # The models' processes.

    def _start(self, name: str, url: str) -> Loaded:
        directory = location.find(url)
        cost, most = memory.estimate(directory)
        if not self._processes:
            self._room = memory.room(self._settings)
        room = self._free()
        if cost > room:
            raise loaded.full(name, cost, room)
        path = loaded.address(self._directory, name)
        try:
            pid, control = self._fork(name, directory, room, room < most, path + loaded.LOADING)
        except OSError:
            Path(path + loaded.LOADING).unlink(missing_ok=True)
            raise
        deadline = time.monotonic() + LOAD_SECONDS
        model = Loaded(name, url, pid, control, path, cost, deadline, room=room, scarce=room < most)
        self._processes[pid] = model
        self._watch(control, lambda: self._hear(model))
        return model

    def _fork(self, name: str, directory: Path, room: int, scarce: bool, path: str) -> tuple[int, socket.socket]:
        """A process that loads the model; the listening socket stays with it, so that connecting fails once it ends."""
        with loaded.listen(path, self._user[1]) as listener:
            control, other = socket.socketpair()
            with other:
                pid = os.fork()
                if pid == 0:
                    algorithm, settings, user = self._algorithm, self._settings, self._user
                    process.become(
                        process.Task(name, algorithm, directory, settings, user, room, scarce, listener, other)
                    )
        return pid, control

    def _free(self) -> int:
        return self._room - sum(model.bytes() for model in self._processes.values())

    def _hear(self, model: Loaded) -> None:
        """What a process tells when it has loaded, or why it cannot."""
        try:
            told = model.reader.receive(model.control, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except (EOFError, OSError):
            if model.process in self._processes:
                self._selector.unregister(model.control)
            return
        if told is None:
            return
        if "error" in told.head:
            model.failure = told.head
            return
        model.cost, model.resident, model.ready = told.head["private"], told.head["resident"], True
        if (free := self._free()) < 0:
            model.ready, model.failure = False, message.of_error(loaded.full(model.name, model.cost, free + model.cost))
            if model.process in self._processes:
                model.kill()
            return
        Path(model.address + loaded.LOADING).rename(model.address)
        log.info("model %s is loaded: %d MB, %d MB left", model.name, model.cost >> 20, free >> 20)
        first, *others = model.callers
        model.callers.clear()
        _tell(first, {})
        for caller in others:
            _tell(caller, message.of_error(loaded.registered(model.name)))

    def _hurry(self) -> None:
        """Kill what takes too long to load or to end."""
        now = time.monotonic()
        for model in self._processes.values():
            if now > model.deadline and (model.ending or not model.ready):
                text = f"it does not load within {LOAD_SECONDS:.0f} s: damaged, or too large"
                model.failure = message.of_error(UserError(text, where="model", code="bad_model"))
                model.kill()

    def _reap(self, bell: socket.socket) -> None:
        bell.recv(1 << 12)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._ended(*ended)

    def _ended(self, pid: int, status: int) -> None:
        """Its memory is free: answer those who waited for that."""
        model = self._processes[pid]
        number = max(0, -os.waitstatus_to_exitcode(status))
        del self._processes[pid]
        if not model.ready:
            self._hear(model)  # the last that it said
        told: dict[str, Any] = {}
        if model.ending:
            log.info("model %s is unloaded", model.name)
        else:
            del self._models[model.name]
            with suppress(KeyError):
                self._selector.unregister(model.control)
            model.control.close()
            Path(model.address + ("" if model.ready else loaded.LOADING)).unlink()
            told = model.failure or message.of_error(loaded.crashed(model, number))
            why = (
                told["error"]["message"] if not model.ready else f"ended by {_signal(number)}; it must be loaded again"
            )
            log.log(logging.ERROR if model.ready else logging.WARNING, "model %s: %s", model.name, why)
        self._remember(model.name, number)
        for caller in model.callers:
            _tell(caller, told)

    def _remember(self, name: str, number: int) -> None:
        self._causes.pop(name, None)
        self._causes[name] = number
        if len(self._causes) > _CAUSES:
            del self._causes[next(iter(self._causes))]


def _closed(control: socket.socket) -> bool:
    try:
        return not control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _signal(number: int) -> str:
    return signal.Signals(number).name + _HINTS.get(number, "") if number else "itself"


def _tell(caller: socket.socket, told: dict[str, Any]) -> None:
    with caller, suppress(OSError):  # a worker that is gone waits no longer
        caller.sendall(message.pack(told))
