"""One training job, played as SageMaker plays it."""

from __future__ import annotations

import contextlib
import datetime
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from contract.errors import UserError, show
from contract.limits import TRAIN_STOP_SECONDS
from contract.paths import Paths
from local_mode import host_folder, metrics, results
from local_mode.course import Course
from local_mode.engine import Container, Engine, choose
from local_mode.hosts import Events, Hosts, KillAsked, Line, StopAsked
from local_mode.images import Image, find
from local_mode.interruption import Interruption
from local_mode.observer import Observer
from local_mode.pipes import Feeder
from local_mode.request import Request, arn, new_name, region
from local_mode.result import Result, Transition

OUTPUT = Path("build") / "jobs"
DESCRIBE_SECONDS = 30.0
"""After which an image that does not say what it takes is taken for one that cannot."""
SHM_SHARE = 0.5
"""Of the memory: what Linux gives /dev/shm on a cloud instance. Docker's own default is 64 MB."""


class TrainingJob:
    """`TrainingJob(Request("xgboost", (Channel("train", folder, "text/csv"),), {"num_round": "9"})).run()`.

    Results go to `output`/<job name>. Give an `engine` to share one; else the job chooses and closes its own.
    """

    def __init__(
        self,
        request: Request,
        *,
        output: Path = OUTPUT,
        engine: Engine | None = None,
        observer: Observer | None = None,
        stop_seconds: float = TRAIN_STOP_SECONDS,
    ) -> None:
        self.request = request
        self.image: Image = find(request.image)
        self.name = request.name or new_name(self.image.name)
        self.folder = output.resolve() / self.name
        self._engine = engine
        self._observer = observer or Observer()
        self._stop_seconds = stop_seconds
        self._events: Events = queue.SimpleQueue()
        self._transitions: list[Transition] = []

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM, and SIGKILL 120 s later; what is in /opt/ml/model then is kept. From any thread."""
        self._events.put(StopAsked())

    def kill(self) -> None:
        """SIGKILL at once, for who cannot wait for `stop`."""
        self._events.put(KillAsked())

    def run(self) -> Result:
        """Run the job to its end. Raises UserError or PlatformError where it cannot be started.

        Ctrl-C and SIGTERM stop the job as `stop` does, a second one kills it; then KeyboardInterrupt or SystemExit.
        """
        with contextlib.ExitStack() as stack:
            interruption = stack.enter_context(Interruption(self.stop, self.kill))
            engine = self._engine or stack.enter_context(choose(progress=self._observer.progress))
            if engine.differences:
                self._observer.note(engine.differences)
            self._make_folder()
            stack.callback(_remove_empty, self.folder)
            stack.callback(shutil.rmtree, self._hosts_folder, ignore_errors=True)
            result = self._run(engine)
            self._observer.finished(result)
        interruption.reraise()
        return result

    def _run(self, engine: Engine) -> Result:
        self._enter("Starting", "Preparing the instances for training")
        found = metrics.Metrics(self._shipped_metrics(engine))
        self._enter("Downloading", "Downloading input data")
        for host in self.request.host_names:
            base = engine.base(self._folder_of(host))
            host_folder.write(self._folder_of(host), base, self.request, self.name, host, found.definitions)
        if self.request.checkpoints is not None:
            self.request.checkpoints.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with self._started(engine) as hosts:
            self._enter("Training", "Training image download completed. Training in progress.")
            end = Course(
                hosts,
                self._events,
                self.request.max_runtime,
                self._stop_seconds,
                heard=lambda line: self._heard(line, found),
                stopping=lambda end: self._enter("Stopping", f"Stopping the training job: {end.secondary_status}"),
                failure_reason=self._failure_reason,
            ).follow()
        seconds = time.monotonic() - started
        self._enter("Uploading", "Uploading generated training model")
        model, output = self._collect(engine, keep_model=end.status != "Failed")
        self._enter(end.secondary_status, end.reason or f"Training job {end.status.lower()}")
        return Result(
            name=self.name,
            status=end.status,
            secondary_status=end.secondary_status,
            failure_reason=end.reason,
            transitions=tuple(self._transitions),
            metrics=found.final,
            history=found.history,
            seconds=seconds,
            folder=self.folder,
            model=model,
            output=output,
        )

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True)
        except FileExistsError as error:
            raise UserError(f"job {show(self.name)} exists already: its results lie in {self.folder}") from error

    @property
    def _hosts_folder(self) -> Path:
        return self.folder / "hosts"

    def _folder_of(self, host: str) -> Path:
        return self._hosts_folder / host

    def _shipped_metrics(self, engine: Engine) -> tuple[metrics.Definition, ...]:
        """What `IMAGE hyperparameters` says are the algorithm's metrics."""
        folder = self._hosts_folder / "describe"
        folder.mkdir(parents=True)
        running = engine.start(Container(self.image.reference, ("hyperparameters",), "describe", folder))
        # Somebody's image may take the word for nothing and serve, or wait.
        limit = threading.Timer(DESCRIBE_SECONDS, running.kill)
        limit.start()
        try:
            printed = "\n".join(running.lines())
            return metrics.shipped(printed) if running.wait() == 0 else ()
        finally:
            limit.cancel()
            running.remove()

    @contextlib.contextmanager
    def _started(self, engine: Engine) -> Iterator[Hosts]:
        request = self.request
        with contextlib.ExitStack() as stack:
            network = stack.enter_context(engine.network(self.name, request.host_names, isolated=request.isolated))
            for rank, host in enumerate(request.host_names):
                for channel in request.channels:
                    if channel.piped:
                        stack.enter_context(
                            Feeder(self._folder_of(host), channel, self._fail, rank=rank, hosts=request.hosts)
                        )
            # Entered last, so left first: a feeder that waits for a reader is freed by the reader's end.
            containers = [self._container(host, network) for host in request.host_names]
            yield stack.enter_context(Hosts(engine, containers, self._events))

    def _container(self, host: str, network: str | None) -> Container:
        environment = {"TRAINING_JOB_NAME": self.name, "TRAINING_JOB_ARN": arn(self.name), "AWS_REGION": region()}
        return Container(
            image=self.image.reference,
            command=("train",),
            host=host,
            folder=self._folder_of(host),
            mounts=host_folder.mounts(self._folder_of(host), self.request),
            environment=environment | dict(self.request.environment),
            network=network,
            shm_bytes=int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * SHM_SHARE),
        )

    def _fail(self, reason: str) -> None:
        self._events.put(StopAsked(f"ClientError: {reason}"))

    def _heard(self, line: Line, found: metrics.Metrics) -> None:
        self._observer.line(line.host, line.text)
        if seen := found.read(line.text):
            self._observer.metrics(seen)

    def _failure_reason(self, host: str, code: int) -> str:
        text = results.failure_text(Paths(self._folder_of(host)).output)
        if not text:
            text = "killed, most often for want of memory" if code == 137 else "the container left no failure text"
        return f"AlgorithmError: {text}, exit code: {code}"

    def _collect(self, engine: Engine, *, keep_model: bool) -> tuple[Path | None, Path | None]:
        """The leader's files, and beside them the other hosts' that have names of their own."""
        places = [Paths(self._folder_of(host)) for host in self.request.host_names]
        owned = [folder for place in places for folder in (place.model, place.output)]
        if self.request.checkpoints is not None:
            owned.append(self.request.checkpoints)
        engine.own(owned, self.image.reference)
        target = self.folder / "output"
        target.mkdir()
        for place in places:
            # It is the container's to delete, or to replace by a link that leads elsewhere.
            if place.output_data.is_symlink() or not place.output_data.is_dir():
                place.output_data.unlink(missing_ok=True)
                place.output_data.mkdir()
        lost = results.merge([place.output_data for place in places], target / "data")
        output = results.pack(target / "data", target / "output.tar.gz")
        model = None
        if keep_model:
            lost += results.merge([place.model for place in places], self._hosts_folder / "model")
            model = results.pack(self._hosts_folder / "model", target / "model.tar.gz")
        for name in lost:
            self._observer.note(f"{name}: written by several hosts; the first host's is kept")
        return model, output

    def _enter(self, status: str, message: str) -> None:
        self._transitions.append(Transition(status, datetime.datetime.now(datetime.UTC), message))
        self._observer.transition(self._transitions[-1])


def _remove_empty(folder: Path) -> None:
    """A job that could not be started leaves nothing."""
    with contextlib.suppress(OSError):
        folder.rmdir()
