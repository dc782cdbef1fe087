from __future__ import annotations

import numpy as np

from local_mode.samples.letters import records


def test_rows_and_classes_are_the_sources() -> None:
    features, classes = records.read()
    assert features.shape == (20_000, records.FEATURES)
    assert (features.min(), features.max()) == (0, 15)
    counts = np.bincount(classes, minlength=26)
    assert (len(counts), counts.min(), counts.max()) == (26, 734, 813)
    assert records.LETTERS[classes[0]] == "T"
    assert records.cut(len(classes)) == 16_000


def test_first_rows_alone() -> None:
    features, classes = records.read(rows=10)
    assert (features.shape, len(classes)) == ((10, 16), 10)
