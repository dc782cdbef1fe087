"""Memory asked for before it is taken."""

from __future__ import annotations

import pytest

from contract import resources
from contract.errors import UserError
from training_scripts import memory


def test_what_the_limit_holds_may_be_taken(monkeypatch):
    monkeypatch.setattr(resources, "memory_bytes", lambda: 5 << 30)
    memory.require(5 << 30, "a matrix", "take less")
    with pytest.raises(
        UserError, match=r"^channel 'train': a matrix needs about 6,144 MB; the limit is 5,120 MB: take less$"
    ):
        memory.require(6 << 30, "a matrix", "take less", where="channel 'train'")
