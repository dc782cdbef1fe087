"""An endpoint gives the same numbers whatever they are asked in and answered in, a row at a time or all at once."""

from __future__ import annotations

import numpy as np
import pytest
from docker.models.containers import Container

from tests.corpus.interface import Interface
from tests.images import encodings, samples
from tests.images.endpoints import invoke

pytestmark = pytest.mark.engine
CSV = "text/csv"
MANY = 500
"""Rows that are more than are computed at once, so that both ways of a worker are taken."""


def test_every_format_is_tried(interface: Interface) -> None:
    assert set(interface.formats) <= set(encodings.SENT)
    assert set(interface.answers) == set(encodings.READ)
    assert {CSV, interface.accept} <= set(interface.answers)


def test_every_format_gives_the_same_numbers(algorithm: str, endpoint: Container, interface: Interface) -> None:
    few = samples.rows(algorithm)
    many = np.resize(few, (MANY, few.shape[1]))
    names = encodings.names(answer(endpoint, few, CSV, "application/json"))
    wrong = []
    for rows in (many, few[:1]):
        expected = encodings.numbers(CSV, answer(endpoint, rows, CSV, CSV), names)
        assert len(expected) == len(rows)
        assert np.isfinite(expected).all()
        for content_type in interface.formats:
            for accept in interface.answers:
                numbers = encodings.numbers(accept, answer(endpoint, rows, content_type, accept), names)
                if numbers.tobytes() != expected.tobytes():
                    wrong.append((content_type, accept, len(rows)))
    assert wrong == []


def test_rows_one_by_one_are_answered_as_all_at_once(algorithm: str, endpoint: Container) -> None:
    """To the byte: an answer does not depend on the rows beside it."""
    rows = samples.rows(algorithm)
    ones = [answer(endpoint, rows[place : place + 1], CSV, CSV) for place in range(len(rows))]
    assert answer(endpoint, rows, CSV, CSV) == b"".join(ones)
    assert len(set(ones)) > len(rows) // 2, "it tells rows apart"


def answer(endpoint: Container, rows: encodings.Floats, content_type: str, accept: str) -> bytes:
    status, body = invoke(endpoint, encodings.SENT[content_type](rows), Content_Type=content_type, Accept=accept)
    assert status == 200, (content_type, accept, body)
    return body
