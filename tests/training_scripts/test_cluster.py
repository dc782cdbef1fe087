from __future__ import annotations

import socket

import pytest

from contract.errors import PlatformError
from training_scripts import cluster


def test_name_is_asked_for_until_it_resolves() -> None:
    answers = iter([socket.gaierror(-2, "unknown"), socket.gaierror(-3, "try again"), "10.0.0.2"])
    pauses: list[float] = []

    def resolve(host: str) -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert cluster.address("algo-1", resolve=resolve, sleep=pauses.append) == "10.0.0.2"
    assert pauses == [0.1, 0.2]


def test_host_that_never_comes_is_the_platforms_fault() -> None:
    def resolve(host: str) -> str:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(PlatformError, match=r"host 'algo-9' did not resolve within 0\.3 seconds"):
        cluster.address("algo-9", seconds=0.3, resolve=resolve)
