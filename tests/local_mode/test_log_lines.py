from __future__ import annotations

import pytest

from local_mode import log_lines


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_split_does_not_care_where_chunks_end(size: int) -> None:
    content = "eins\r\nzwei ✓\n\nlast".encode()
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(log_lines.split(chunks)) == ["eins", "zwei ✓", "", "last"]


def test_split_keeps_memory_bounded_and_bad_bytes_visible() -> None:
    assert [len(line) for line in log_lines.split([b"x" * (log_lines.LONGEST + 5)])] == [log_lines.LONGEST, 5]
    assert list(log_lines.split([b"\xff\n"])) == ["�"]


def test_control_characters_are_shown_not_obeyed() -> None:
    assert log_lines.as_in_cloudwatch("a\tb\x1b[31m") == "a#011b#033[31m"
    assert log_lines.as_in_terminal("a\tb\x1b[31m\r") == "a\tb#033[31m#015"
