"""Bodies that schemathesis cannot make from a schema: rows in the formats that are no text, and any bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import schemathesis
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from contract.codecs import npy, recordio_protobuf
from contract.dataset import Dataset, Floats

cells = st.floats(width=32, allow_infinity=False)
shapes = st.tuples(st.integers(1, 4), st.integers(3, 5))
matrices: st.SearchStrategy[Floats] = shapes.flatmap(lambda shape: hn.arrays(np.float32, shape, elements=cells))
records = matrices.map(lambda matrix: recordio_protobuf.encode(Dataset(matrix)))
garbage = st.binary(min_size=1, max_size=40)

schemathesis.openapi.media_type("application/x-npy", st.one_of(matrices.map(npy.encode), garbage))
schemathesis.openapi.media_type("application/x-recordio-protobuf", st.one_of(records, garbage))
schemathesis.serializer.alias("application/jsonlines", "text/plain")


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Without what is against the schema of a text: the number 0 for a string is the text `0` when it is sent."""
    mode = case.meta.generation.mode if case.meta else None
    return mode is not schemathesis.GenerationMode.NEGATIVE or case.media_type in (None, "application/json")
