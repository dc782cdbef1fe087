from __future__ import annotations

import subprocess
import sys

import pytest

from contract.errors import UserError
from serving.concurrency import Gate


def test_gate_refuses_what_does_not_fit_and_frees_what_is_done() -> None:
    gate = Gate(10)
    with gate.hold(6):
        with pytest.raises(UserError) as caught, gate.hold(5):
            pass
        assert caught.value.code == "busy"
        with gate.hold(4):
            pass
    with gate.hold(10):
        pass


def test_gate_frees_after_an_error() -> None:
    gate = Gate(10)
    with pytest.raises(ValueError, match="x"), gate.hold(10):
        raise ValueError("x")
    with gate.hold(10):
        pass


def test_green_hands_over_large_work_and_its_errors_without_a_trace() -> None:
    code = """
import threading
from contract.errors import UserError
from serving.green import Green
from serving.http.patience import Patience
from gevent import monkey; monkey.patch_all()
green = Green(5, Patience())
here = green.compute(threading.get_native_id, quick=True)
there = green.compute(threading.get_native_id, quick=False)
assert here == threading.get_native_id() != there
def fail():
    raise UserError("no row")
try:
    green.compute(fail, quick=False)
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("no row\n", "")


def test_green_sends_away_who_waits_behind_work_that_does_not_end() -> None:
    code = """
import signal, time
import gevent
from contract.errors import AlgorithmError, UserError
from serving.green import Green
from serving.http.patience import Patience
signal.signal(signal.SIGTERM, signal.SIG_IGN)
patience = Patience()
green = Green(1, patience)
def look():
    while True:
        patience.look()
        gevent.sleep(0.02)
def ask(work):
    try:
        return green.compute(work, quick=False)
    except (AlgorithmError, UserError) as error:
        return error.message if isinstance(error, UserError) else str(error)
gevent.spawn(look)
hangs = gevent.spawn(ask, lambda: time.sleep(5))
gevent.sleep(0.5)
waits = gevent.spawn(ask, int)
print(hangs.get(), waits.get(), sep='\\n')
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    hanging, waiting = "the prediction did not end within 1 s", "too many requests are being computed; try again"
    assert done.stdout == f"{hanging}\n{waiting}\n"
