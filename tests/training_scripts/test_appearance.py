from __future__ import annotations

import pytest

from training_scripts.appearance import looks_like


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"PAR1\x00", "application/x-parquet"),
        (b"\x0a\x23\xd7\xce\x10", "application/x-recordio-protobuf"),
        (b"\x93NUMPY\x01", "application/x-npy"),
        (b'\n {"instances": []}', "application/json"),
        (b"1 1:2 3:4.5\n0 2:1\n", "text/libsvm"),
        (b"1:0.5 1:2 # weight\n", "text/libsvm"),
        (b"2 qid:1 1:2\n", "text/libsvm"),
        (b"1 " + b"1:0.25 " * 2000, "text/libsvm"),
        (b"\xef\xbb\xbf1,2,3\n", "text/csv"),
        (b"label,a,b\n", "text/csv"),
        (b"5\n6\n", None),
        (b"", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_first_bytes_speak_for_a_format(head: bytes, expected: str | None) -> None:
    assert looks_like(head) == expected
