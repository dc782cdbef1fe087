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
from serving.patience import Patience
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
