from __future__ import annotations

import re
import subprocess
import sys


def run(code: str, *shell: str) -> subprocess.CompletedProcess[bytes]:
    program = f"from training_scripts import logs; logs.configure(); {code}"
    return subprocess.run([*shell, sys.executable, "-c", program], capture_output=True, check=False)


def test_messages_have_the_form_of_awss_image() -> None:
    printed = run("logs.LOG.info('Single node training.')").stdout.decode()
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d:\d\d:\d\d:\d\d:INFO\] Single node training\.\n", printed)


def test_metric_lines_are_printed_as_they_are() -> None:
    assert run(r"logs.line('[0]\ttrain-rmse:0.1')").stdout == b"[0]\ttrain-rmse:0.1\n"


def test_any_text_can_be_printed() -> None:
    assert run(r"logs.line('\udcff \u20ac')").stdout == "\\udcff €\n".encode()


def test_a_reader_that_left_is_no_error() -> None:
    code = r"import time; time.sleep(0.3); [logs.line('x' * 10000) for _ in range(100)]; print('more')"
    done = run(code, "sh", "-c", '{ "$@"; echo $? >&2; } | true', "sh")
    assert done.stderr == b"0\n"


def test_a_librarys_warning_is_one_line_of_the_log() -> None:
    done = run(r"import warnings; warnings.warn('Parameters: { \"x\" }\n are not used.', UserWarning)")
    assert done.stdout.decode().endswith(':WARNING] Parameters: { "x" } are not used.\n')
    assert done.stderr == b""
