from __future__ import annotations

import pytest

from contract.errors import UserError
from serving import archive
from tests.serving.built_ins import archive as packed

DATA = packed({"a": b"x" * 100, "b": b"", "../c": b"left alone"})


def test_what_is_wanted_and_there_is_read() -> None:
    assert archive.read(DATA, {"a": 100, "b": 0, "d": 5}, "model") == {"a": b"x" * 100, "b": b""}
    assert DATA.startswith(archive.START)


def test_a_member_may_be_as_large_as_its_bound() -> None:
    with pytest.raises(UserError, match="'model': a unpacks to more than 99 bytes"):
        archive.read(DATA, {"a": 99}, "model")


@pytest.mark.parametrize("data", [b"", b"PK\3\4", DATA[:-30]])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(UserError, match="'model' is no sound zip archive"):
        archive.read(data, {"a": 100}, "model")
