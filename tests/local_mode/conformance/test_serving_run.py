"""Whether an endpoint that did not come up is started a second time."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_mode.conformance import serving_run
from local_mode.conformance.serving_run import Served
from local_mode.conformance.subject import Subject
from local_mode.engine import Mount


@pytest.mark.parametrize(
    ("code", "log", "starts"),
    [
        (None, ["listening at 127.0.0.1:8080"], 1),
        (None, [], 1),
        (None, ["[Errno 30] Read-only file system: '/opt/ml/model/cache'"], 2),
        (None, ["attempt to write a readonly database"], 2),
        (1, [], 2),
    ],
)
def test_what_only_ran_out_of_time_is_not_waited_for_again(
    code: int | None,
    log: list[str],
    starts: int,
    subject: Callable[..., Subject],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specimen: Any = types.SimpleNamespace(poll=lambda: code, log=lambda: log, remove=lambda: None)
    started: list[bool] = []

    def start(subject: Subject, mount: Mount) -> Served:
        started.append(mount.read_only)
        return Served(specimen, "", 0.0, "it did not answer")

    monkeypatch.setattr(serving_run, "start", start)
    (tmp_path / "model").mkdir()
    served = serving_run.serve(subject(folder=tmp_path, doing=lambda text: None), tmp_path / "model")
    assert served.problem == "it did not answer"
    assert started == [True, False][:starts]
