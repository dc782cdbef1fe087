"""`train`: the first process of a training container. It only supervises: the work is training_scripts.job's.

So a job that the kernel kills (out of memory) or that a native library crashes still leaves a failure text. The
program passes SIGTERM and SIGINT on, reaps orphans, and ends the job before SageMaker would.

Source: SageMaker developer guide, "How Amazon SageMaker Runs Your Training Image" (StopTrainingJob: SIGTERM, and 120
seconds later SIGKILL).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract import resources
from contract.errors import PlatformError
from contract.limits import TRAIN_STOP_SECONDS
from contract.paths import Paths
from contract.resources import PATIENT_THREADS
from training_scripts import failure

GRACE_SECONDS = TRAIN_STOP_SECONDS - 10
"""From SIGTERM to our own SIGKILL: late enough for the last round, early enough to say why."""
STOPS = (signal.SIGTERM, signal.SIGINT)
WATCHED = (*STOPS, signal.SIGCHLD)
_SAFE_PATH = ("-P",) if sys.flags.safe_path else ()
JOB = (sys.executable, *_SAFE_PATH, "-m", "training_scripts.job")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run the training job; the exit code of `train`."""
    return Supervisor(Paths.of_environment()).run(JOB)


@dataclass
class Supervisor:
    """Runs one command as a child in a process group of its own, and ends only when it has ended."""

    paths: Paths
    grace: float = GRACE_SECONDS
    _deadline: float | None = field(default=None, init=False)
    _killed: bool = field(default=False, init=False)

    def run(self, command: Sequence[str]) -> int:
        """The command's exit code, 128 + n where signal n ended it; a failure text is there unless it is 0."""
        _hold_standard_streams()
        # Blocked signals wait in a queue that sigtimedwait reads: no handler, no race, and none of them ends us between
        # the job's end and ours. The child is born with them blocked too: a stop that comes early waits for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        _adopt_orphans()
        try:
            child = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env=PATIENT_THREADS | {"OPENBLAS_NUM_THREADS": str(resources.cpus())} | os.environ,
                process_group=0,
                preexec_fn=_die_with_the_supervisor,
            )
        except OSError as error:
            failure.write(self.paths.failure, f"the training process could not be started: {error.strerror}")
            return PlatformError.exit_code
        code = self._watch(child.pid)
        child.returncode = code  # reaped here, not by Popen
        return self._conclude(code)

    def _watch(self, child: int) -> int:
        """Pass signals on and reap until the child is gone; its exit code, -n for signal n."""
        while True:
            code = _reap(child)
            if code is not None:
                _end_group(child)
                return code
            event = signal.sigtimedwait(WATCHED, self._patience())
            if event is not None and event.si_signo in STOPS:
                os.kill(child, event.si_signo)
                self._deadline = self._deadline or time.monotonic() + self.grace
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._killed = True
                os.killpg(child, signal.SIGKILL)

    def _patience(self) -> float:
        """Seconds to wait for the next signal: to the deadline where there is one, else a minute at a time."""
        return 60.0 if self._deadline is None else max(0.1, self._deadline - time.monotonic())

    def _conclude(self, code: int) -> int:
        if code == 0:
            return 0
        failure.write(self.paths.failure, self._reason(code))
        return code if code > 0 else 128 - code

    def _reason(self, code: int) -> str:
        """Why the child ended, for when it could not say so itself."""
        if self._killed:
            return (
                f"the training process was killed because it had not ended {self.grace:g} seconds after the job was "
                "stopped: no model was saved; with a CheckpointConfig the next run resumes from the last checkpoint"
            )
        if code > 0:
            return f"the training process ended with exit code {code} without saying why; its log may tell"
        number = -code
        why = ""
        if number == signal.SIGKILL:
            why = f": usually {failure.out_of_memory()}"
        return f"the training process was killed by signal {number} ({_name(number)}){why}"


def _reap(child: int) -> int | None:
    """Collect every process that has ended; the exit code of `child` where it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)


def _end_group(child: int) -> None:
    """Kill what the child left running, and reap it."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return
    _reap(child)


def _adopt_orphans() -> None:
    """Orphans come to the first process of a container; elsewhere they come to us only if we ask."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _die_with_the_supervisor() -> None:
    """Outside a container nobody else ends a job whose supervisor was killed."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _hold_standard_streams() -> None:
    """Open /dev/null where a standard stream is closed: the next file opened would take its number, and its lines."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time signal"


if __name__ == "__main__":
    sys.exit(main())
