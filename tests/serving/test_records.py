from __future__ import annotations

import numpy as np
import pytest

from contract.codecs import recordio_protobuf
from serving import records


@pytest.mark.parametrize("rows", [1, 2, 500])
def test_bytes_are_those_that_protobuf_writes(rows: int) -> None:
    random = np.random.default_rng(rows)
    columns = {
        "score": random.normal(size=rows).astype(np.float32),
        "scores": random.normal(size=(rows, 3)),
        "predicted_label": random.integers(0, 9, rows),
        "contributions": random.normal(size=(rows, 2, 70)).astype(np.float32),
    }
    values = {name: column.reshape(rows, -1).astype(np.float32) for name, column in columns.items()}
    singly = ({name: value[place].tolist() for name, value in values.items()} for place in range(rows))
    assert records.write(columns, rows) == recordio_protobuf.write(singly)
