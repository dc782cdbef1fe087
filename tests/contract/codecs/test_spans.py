from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.codecs import spans, text
from contract.errors import UserError

PIECES = st.lists(st.sampled_from([b"1,2", b"3", b"\n", b"\r\n", b"\n\n", text.BOM, b"4" * 30]), max_size=12)


def lines(blocks: Iterable[text.Block | spans.Span]) -> list[tuple[int, bytes]]:
    """Each line with its number, without its line end."""
    return [
        (block.line + place, line.removesuffix(b"\r"))
        for block in blocks
        for place, line in enumerate(block.data.split(b"\n"))
    ]


@given(PIECES, st.integers(1, 40))
def test_a_file_has_the_lines_of_the_same_stream(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    content = b"".join(pieces)
    path.write_bytes(content)
    with path.open("rb") as stream:
        number = spans.descriptor(stream)
        assert number is not None
        found = lines(spans.spans(number, 0, size, "lines.csv"))
    # Of the whole at once, because text.blocks wants more bytes than a byte order mark has.
    assert found == lines(text.blocks(io.BytesIO(content), 1 << 20, "lines.csv"))


def test_steps_and_spans_of_many_sizes_lose_nothing(tmp_path: Path) -> None:
    content = b"".join(b"%d,%s\n" % (number, b"x" * (number % 977)) for number in range(2_000))
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with path.open("rb") as stream:
        for size in (1, 1000, 65_536, 70_000, 1 << 22):
            found = list(spans.spans(stream.fileno(), 0, size, "rows.csv"))
            assert b"\n".join(span.data for span in found) + b"\n" == content
            assert found[-1].line == 2_000 - found[-1].data.count(b"\n")


def test_a_line_without_end_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as stream:
        stream.write(b"1,2\n3,4\n5")
        stream.truncate(3 * text.LONGEST_LINE)  # a hole: it takes no room
        stream.seek(0, os.SEEK_END)
        stream.write(b"6")
    with path.open("rb") as stream, pytest.raises(UserError, match=r"long\.csv, line 3: the line is longer than"):
        list(spans.spans(stream.fileno(), 0, 4, "long.csv"))


def test_utf16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes("1,2\n".encode("utf-16"))
    with path.open("rb") as stream, pytest.raises(UserError, match="UTF-16"):
        list(spans.spans(stream.fileno(), 0, 4, "wide.csv"))


def test_only_a_file_that_lies_on_disk_as_it_is_has_a_descriptor(tmp_path: Path) -> None:
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(b"1,2\n"))
    with gzip.open(packed) as stream:
        assert spans.descriptor(stream) is None  # type: ignore[arg-type]  # it reads as one
        assert spans.descriptor(io.BufferedReader(stream)) is None  # type: ignore[type-var]  # as above
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert spans.descriptor(pipe) is None
    assert spans.descriptor(io.BytesIO(b"1,2\n")) is None
