"""Long commands fail with their last words."""

from __future__ import annotations

import pytest

from containers.build import progress
from contract.errors import PlatformError


def test_failure_tells_the_code_and_the_last_lines() -> None:
    with pytest.raises(PlatformError) as caught:
        progress.run("counting", ["sh", "-c", "seq 100; exit 7"])
    lines = str(caught.value).splitlines()
    assert lines[0] == "counting: sh ended with 7"
    assert lines[1:] == [str(number) for number in range(71, 101)]


def test_success_tells_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    progress.run("waiting", ["true"])
    assert "waiting: done in" in capsys.readouterr().err


def test_command_hears_nothing() -> None:
    """Its standard input is empty: a question asked ends it instead of hanging the build."""
    progress.run("reading", ["sh", "-c", "! read answer"])


def test_nothing_is_said_of_what_is_soon_done(capsys: pytest.CaptureFixture[str]) -> None:
    progress.run("glancing", ["true"], unsaid_seconds=60)
    assert capsys.readouterr().err == ""


def test_what_takes_longer_is_said_before_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    progress.run("waiting", ["sleep", "0.5"], unsaid_seconds=0.1)
    before, after = capsys.readouterr().err.splitlines()
    assert before == "waiting …"
    assert after.startswith("waiting: done in 0.")
