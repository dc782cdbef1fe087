"""The supervisor alone, with a line of Python in place of the job."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Programs

READY = "import pathlib, os; pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'] + '.ready').touch()\n"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SLEEP = "import time\nwhile True: time.sleep(0.05)\n"


def ready(programs: Programs) -> None:
    programs.wait_until(programs.base.with_name("ml.ready").exists)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 77])
def test_exit_code_of_the_job_is_the_containers(programs: Programs, code: int) -> None:
    assert programs.finish(programs.supervise(f"raise SystemExit({code})"))[0] == code
    assert (programs.base / "output" / "failure").exists() == (code != 0)


def test_job_killed_for_memory_leaves_137_and_a_reason(programs: Programs) -> None:
    code, _ = programs.finish(programs.supervise("import os; os.kill(os.getpid(), 9)"))
    assert code == 137
    assert programs.failure.startswith(
        "the training process was killed by signal 9 (SIGKILL): usually out of memory; limit "
    )


def test_crash_of_a_native_library_is_named(programs: Programs) -> None:
    code, _ = programs.finish(programs.supervise("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert code == 128 + 11
    assert programs.failure == "the training process was killed by signal 11 (SIGSEGV)"


@pytest.mark.parametrize(("prefix", "policy"), [((), "passive"), (("env", "OMP_WAIT_POLICY=active"), "active")])
def test_threads_wait_without_spinning_unless_the_user_says_so(
    programs: Programs, prefix: tuple[str, ...], policy: str
) -> None:
    code, printed = programs.finish(
        programs.supervise("import os; print(os.environ['OMP_WAIT_POLICY'])", prefix=prefix)
    )
    assert (code, printed) == (0, f"{policy}\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signals_reach_the_job(programs: Programs, number: signal.Signals) -> None:
    listen = f"import signal, sys; signal.signal({int(number)}, lambda *_: sys.exit(0))\n"
    listen += "signal.pthread_sigmask(signal.SIG_SETMASK, [])\n"
    process = programs.supervise(listen + READY + SLEEP)
    ready(programs)
    process.send_signal(number)
    assert programs.finish(process)[0] == 0


def test_stop_signal_before_the_job_listens_is_kept_for_it(programs: Programs) -> None:
    listen = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    process = programs.supervise(
        READY + "import time; time.sleep(0.5)\n" + listen + "signal.pthread_sigmask(signal.SIG_SETMASK, [])\n" + SLEEP
    )
    ready(programs)
    assert programs.stop(process)[0] == 0


def test_job_that_does_not_stop_is_killed_at_the_deadline_with_all_it_started(programs: Programs) -> None:
    pid_file = programs.base.with_name("helper")
    helper = f"""
import subprocess, pathlib
pathlib.Path({str(pid_file)!r}).write_text(str(subprocess.Popen(['sleep', '100']).pid))
"""
    process = programs.supervise(DEAF + helper + READY + SLEEP, grace=0.5)
    ready(programs)
    start = time.monotonic()
    code, _ = programs.stop(process)
    assert 0.4 < time.monotonic() - start < 5
    assert code == 137
    assert "had not ended 0.5 seconds after the job was stopped" in programs.failure
    programs.wait_until(lambda: not Path(f"/proc/{pid_file.read_text()}").exists())


def test_second_sigterm_does_not_move_the_deadline(programs: Programs) -> None:
    process = programs.supervise(DEAF + READY + SLEEP, grace=1)
    ready(programs)
    start = time.monotonic()
    for _ in range(8):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert programs.finish(process)[0] == 137
    assert time.monotonic() - start < 5


def test_orphans_are_reaped_while_the_job_runs(programs: Programs) -> None:
    orphans = "import subprocess\nfor _ in range(20): subprocess.run(['sh', '-c', 'true &'])\n"
    process = programs.supervise(orphans + READY + SLEEP)
    ready(programs)
    programs.wait_until(lambda: len(programs.children(process.pid)) == 1)


def test_first_process_of_a_container_hears_signals_and_reaps(programs: Programs) -> None:
    unshare = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a PID namespace")
    listen = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    listen += "signal.pthread_sigmask(signal.SIG_SETMASK, [])\n"
    orphans = "import subprocess\nfor _ in range(20): subprocess.run(['sh', '-c', 'true &'])\n"
    process = programs.supervise(listen + orphans + READY + SLEEP, prefix=unshare)
    ready(programs)
    (first,) = programs.children(process.pid)
    programs.wait_until(lambda: len(programs.children(first)) == 1)
    os.kill(first, signal.SIGTERM)
    assert programs.finish(process)[0] == 0


def test_failure_text_of_the_job_is_not_overwritten(programs: Programs) -> None:
    path = programs.base / "output" / "failure"
    path.parent.mkdir(parents=True)
    path.write_text("the cause")
    programs.finish(programs.supervise("raise SystemExit(3)"))
    assert programs.failure == "the cause"


def test_reason_goes_to_stderr_where_the_failure_file_cannot_be_made(programs: Programs) -> None:
    programs.base.write_text("a file where the folder should be")
    code, printed = programs.finish(programs.supervise("import os; os.abort()"))
    assert code == 128 + 6
    assert "output/failure cannot be written" in printed
    assert "killed by signal 6 (SIGABRT)" in printed


def test_closed_streams_never_lend_their_numbers_to_our_files(programs: Programs, tmp_path: Path) -> None:
    data = tmp_path / "data"
    library = f"import os; f = open({str(data)!r}, 'w'); os.system('echo line of a library'); print('line of ours')"
    closing = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
    assert programs.finish(programs.supervise(library, prefix=closing)) == (0, "")
    assert data.read_text() == ""
