from __future__ import annotations

import pytest

from local_mode.conformance.specimen import address, hears

DEAF = "0000000000000002"
HEARS = "0000000000004002"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("00000000:1F90", "0.0.0.0:8080"),
        ("0100007F:1F99", "127.0.0.1:8089"),
        ("0" * 32 + ":1F90", "[::]:8080"),
        ("0" * 24 + "01000000:1F90", "[::1]:8080"),
    ],
)
def test_addresses_of_the_kernel(written: str, read: str) -> None:
    assert address(written) == read


@pytest.mark.parametrize(
    ("caught", "blocked", "waiting", "heard"),
    [
        (HEARS, "0", "0", True),
        ("0", HEARS, "ep_poll", True),
        ("0", "0", "do_sigtimedwait.isra.0", True),
        (DEAF, "0", "do_wait", False),
        (DEAF, "0", "0", None),
    ],
)
def test_who_hears_sigterm(caught: str, blocked: str, waiting: str, heard: bool | None) -> None:
    assert hears(["Name:\tpython3", f"SigBlk:\t{blocked}", f"SigCgt:\t{caught}"], waiting) is heard
