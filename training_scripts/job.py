"""The work of `train`: contract, channels, fit, save, report. Runs as a child of training_scripts.train."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NoReturn

from contract import hyperparameters, resources
from contract.environment import TrainingEnvironment
from contract.errors import SHOWN_CHARACTERS, AlgorithmError, UserError, show
from contract.paths import Paths
from training_scripts import checkpoints, failure, logs, metrics, output, storage
from training_scripts.algorithm import Algorithm
from training_scripts.channels import ChannelData, open_channels
from training_scripts.checkpoints import Store

STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Job:
    """Everything a fit may ask of its surroundings."""

    environment: TrainingEnvironment
    paths: Paths
    cpus: int
    checkpoints: Store | None = None
    """None where the job has no CheckpointConfig."""
    line: Callable[[int, Mapping[str, float]], str] = metrics.line
    """Makes a round's log line."""
    channels: Mapping[str, ChannelData] = field(default_factory=dict)
    """All that the job has, by name, those too that `fit` is not handed."""
    stopping: bool = False
    """The job was told to stop: end this round, checkpoint, and return what there is."""

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        """Print a round's metrics, by the names that the log line shows. True: stop after this round."""
        if values:
            logs.line(self.line(step, values))
        if self.stopping:
            logs.LOG.info("Told to stop: round %d is the last one", step)
        return self.stopping


def main() -> int:
    """Do the work; 0, or the exit code of the error's kind with its sentence in the failure file."""
    logs.configure()
    paths = Paths.of_environment()
    try:
        work(paths)
    except Exception as error:  # whatever it is, the failure file must say it
        kind = failure.classify(error)
        failure.write(paths.failure, str(kind))
        # What we blame on the user or the surroundings says all in its sentence: on a host that lost the others, their
        # log has the cause. Of a fault of ours, and of what nobody foresaw, the trace is wanted, in the log alone.
        foreseen = kind is error and not isinstance(error, AlgorithmError)
        logs.LOG.error("%s", kind, exc_info=None if foreseen else error)
        return kind.exit_code
    return 0


def leave(code: int) -> NoReturn:
    """End this process here and now.

    On Python's own way out a library may wait for peers that have died, or crash, and the default signal handlers come
    back: nothing of that may change the exit code of a job that is done.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or never there
            stream.flush()
    os._exit(code)


def work(paths: Paths) -> None:
    """One training job on this host. Raises the three kinds of error, and whatever a library raises."""
    environment = TrainingEnvironment.read(paths)
    algorithm = Algorithm.of_environment()
    logs.configure(algorithm.log_form)
    if len(environment.hosts) > 1 and not algorithm.distributed:
        raise UserError(f"the job has {len(environment.hosts)} hosts; {algorithm.name} trains on one (InstanceCount 1)")
    values: Any = hyperparameters.parse(algorithm.hyperparameters, environment.hyperparameters)
    given = hyperparameters.given(values)
    logs.LOG.info("Hyperparameters: %s", " ".join(f"{name}={_shown(value)}" for name, value in given.items()))
    store = _store(algorithm.name, environment, given)
    job = Job(environment, paths, resources.cpus(), store, algorithm.line or metrics.line)
    _listen(job)
    for folder in (paths.model, paths.output_data):
        storage.prepare(folder)
    channels = open_channels(algorithm.channels, environment, paths, lambda name: algorithm.layout(values, name))
    job.channels = channels
    fitted = algorithm.fit(channels["train"], channels.get("validation"), values, job)
    if fitted is None:
        logs.LOG.info("Training is done; another host writes the model")
    else:
        output.save(fitted, algorithm.name, environment, paths)


def _shown(value: object) -> str:
    """A hyperparameter as the user wrote it, unless that could break or fill the log's line."""
    text = hyperparameters.write(value)
    plain = text.isprintable() and " " not in text and len(text) <= SHOWN_CHARACTERS
    return text if plain else show(text)


def _store(algorithm: str, environment: TrainingEnvironment, given: Mapping[str, object]) -> Store | None:
    if environment.checkpoint_path is None:
        return None
    store = Store(environment.checkpoint_path, f"{algorithm}-checkpoint", checkpoints.fingerprint(given))
    store.prepare()
    return store


def _listen(job: Job) -> None:
    """Turn SIGTERM and SIGINT into `job.stopping`; the supervisor held them back until now."""

    def stop(_: int, __: FrameType | None) -> None:
        job.stopping = True  # and nothing else: a handler that prints may interrupt a print

    for number in STOPS:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*STOPS, signal.SIGCHLD))


if __name__ == "__main__":
    leave(main())
