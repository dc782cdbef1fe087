"""Each target on what hypothesis makes up: any bytes, and files of the corpus with pieces changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS


@st.composite
def spoilt(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """One of `originals` with some pieces cut out and others, of any of them, put in."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 8)))
        other = draw(
            st.one_of(st.just(b""), st.binary(max_size=4), st.sampled_from(originals).map(lambda one: one[-8:]))
        )
        data = data[:begin] + other + data[end:]
    return data


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes(target: str) -> None:
    @given(st.one_of(st.binary(max_size=100), spoilt(seeds.of(target))))
    @settings(deadline=None, max_examples=150)
    def check(data: bytes) -> None:
        TARGETS[target](data)

    check()
