"""The other hosts of a training job."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from contract.errors import PlatformError

RESOLVE_SECONDS = 900.0
"""How long a peer's name may take to resolve: hosts of a job start minutes apart."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


def address(
    host: str,
    seconds: float = RESOLVE_SECONDS,
    resolve: Callable[[str], str] = socket.gethostbyname,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """The IPv4 address of a host, asked for until it resolves. Raises PlatformError after `seconds`.

    Source: SageMaker developer guide, "Get Network Configuration": a name may not resolve for a while.
    """
    end, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            return resolve(host)
        except OSError as error:
            if time.monotonic() + pause > end:
                raise PlatformError(f"host {host!r} did not resolve within {seconds:g} seconds: {error}") from error
        sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
