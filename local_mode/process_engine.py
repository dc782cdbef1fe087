"""Plain processes in place of containers: the same programs, a private folder in place of /opt/ml."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from contract.errors import PlatformError, UserError, show
from local_mode import environments, images
from local_mode.engine import BIND_TO_PORT, Container, Mount, Running
from local_mode.log_lines import split

PROGRAMS = {
    "train": "training_scripts.train",
    "serve": "serving.serve",
    "hyperparameters": "training_scripts.describe",
    "schema": "serving.schema",
}
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What a program may see of the caller's environment: nothing that holds a credential."""


class ProcessEngine:
    """Runs the images of this project without a container engine."""

    name = "process"
    differences = (
        "process engine: the same programs without a container, so no read-only mounts, no user id, memory limit or "
        "private network of their own, and one host"
    )

    def __init__(self, progress: Callable[[str], None] = lambda text: None, root: Path = images.ROOT) -> None:
        self.progress = progress
        self._root = root
        self._running: list[RunningProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._running:
            process.remove()

    def base(self, folder: Path) -> str:
        return str(folder.resolve())

    @contextlib.contextmanager
    def network(self, name: str, hosts: tuple[str, ...], *, isolated: bool) -> Iterator[str | None]:
        if len(hosts) > 1:
            raise UserError(
                f"{len(hosts)} hosts were asked for: their names resolve only in a private network, and the process "
                "engine has none; use one host, or Docker (make engine installs it, ENGINE=docker asks for it)"
            )
        yield None

    def start(self, container: Container) -> RunningProcess:
        command, *arguments = container.command
        if command not in PROGRAMS:
            raise UserError(f"{show(command)} is no program of an image here: known are {', '.join(PROGRAMS)}")
        folder = images.find(container.image, self._root).folder
        if folder is None:
            raise UserError(
                f"image {show(container.image)} has no folder under containers/: the process engine runs only those; "
                "use Docker for any other image (ENGINE=docker)"
            )
        python = environments.prepare(folder, self.progress, self._root / ".cache" / "process")
        for mount in container.mounts:
            _link(container.folder, mount)
        port = None if container.port is None else container.port or _free_port()
        environment = self._environment(container, folder.name, python, port)
        try:
            # -P: nothing in the job's folder can stand in for the program's own modules.
            # A session of its own: Ctrl-C in the terminal reaches us only, and the whole group can be killed.
            process = subprocess.Popen(  # noqa: S603 - the image's own program
                [str(python), "-P", "-m", PROGRAMS[command], *arguments],
                cwd=container.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise PlatformError(f"{command} of image {container.image} did not start: {error}") from error
        self._running.append(RunningProcess(process, port))
        return self._running[-1]

    def start_together(self, containers: Sequence[Container]) -> list[Running]:
        """Every program here has a port of its own as it is."""
        with contextlib.ExitStack() as undo:
            started: list[Running] = []
            for container in containers:
                started.append(self.start(container))
                undo.callback(started[-1].remove)
            undo.pop_all()
        return started

    def binds_to_port(self, image: str) -> bool:
        """Of every image that this engine can run: by that alone its programs do not meet on one port."""
        return True

    def own(self, folders: Sequence[Path], image: str) -> None:
        """Nothing to do: the programs ran as the caller."""

    def _environment(self, container: Container, name: str, python: Path, port: int | None) -> dict[str, str]:
        """What the image's ENV would say, what /opt/ml is, and the job's own."""
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        # In an image our code is found whatever the job says of PYTHONPATH.
        path = [str(self._root), *filter(None, [container.environment.get("PYTHONPATH")])]
        environment["PATH"] = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
        environment |= {
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "SAGEMAKER_ALGORITHM": name.replace("-", "_"),
            "SAGEMAKER_BASE_DIR": self.base(container.folder),
        }
        if port is not None:
            # As Docker publishes it: for this machine, not for its network.
            environment |= {BIND_TO_PORT: str(port), "SAGEMAKER_BIND_ADDRESS": "127.0.0.1"}
        return environment | dict(container.environment) | {"PYTHONPATH": os.pathsep.join(path)}


class RunningProcess:
    """A started program and everything it starts."""

    def __init__(self, process: subprocess.Popen[bytes], port: int | None) -> None:
        self._process = process
        self._port = port

    @property
    def address(self) -> str:
        if self._port is None:
            raise PlatformError("this program was started without a port")
        return f"http://127.0.0.1:{self._port}"

    def lines(self) -> Iterator[str]:
        stream = self._process.stdout
        assert stream is not None
        return split(iter(lambda: os.read(stream.fileno(), 1 << 16), b""))

    def wait(self) -> int:
        return _exit_code(self._process.wait())

    def poll(self) -> int | None:
        code = self._process.poll()
        return None if code is None else _exit_code(code)

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        # The group outlives its leader where the program leaves children behind: a container's end takes them too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def remove(self) -> None:
        self.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _link(folder: Path, mount: Mount) -> None:
    """Make `mount` appear below the private folder, unless it lies there already."""
    target = folder / mount.target
    if target.resolve() == mount.source.resolve():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        target.rmdir()
    target.unlink(missing_ok=True)
    target.symlink_to(mount.source.resolve())


def _exit_code(returncode: int) -> int:
    """As a container engine says it: 128+n for signal n."""
    return 128 - returncode if returncode < 0 else returncode


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
