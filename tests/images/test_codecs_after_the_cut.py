"""An image reads all it says that it takes as this machine does, after cut.txt has taken its share of the libraries."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract import codecs
from contract.codecs import recordio_protobuf
from contract.dataset import Dataset
from tests.corpus.interface import Interface
from tests.images.encodings import npy

pytestmark = pytest.mark.engine
ROWS = 20_000
"""Enough for csv to take the road of files, through polars."""
FEATURES = (np.random.default_rng(7).integers(1, 4096, (ROWS, 3)) / 1024).astype(np.float32)
LABELS = (np.arange(ROWS) % 2).astype(np.float32)
PROGRAM = Path(__file__).parent / "programs" / "decode.py"


def parquet() -> bytes:
    columns = {"label": LABELS, **{f"f{place}": FEATURES[:, place] for place in range(3)}}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def samples() -> dict[str, bytes]:
    """One file for each content type, below `labelled` or `plain`."""
    rows = FEATURES.tolist()
    labelled = list(zip(LABELS, rows, strict=True))
    return {
        "labelled/text/csv": "".join(f"{y},{','.join(map(str, x))}\n" for y, x in labelled).encode(),
        "labelled/text/libsvm": "".join(f"{y} 0:{x[0]} 1:{x[1]} 2:{x[2]}\n" for y, x in labelled).encode(),
        "labelled/application/x-parquet": parquet(),
        "labelled/application/x-recordio-protobuf": recordio_protobuf.encode(Dataset(FEATURES, LABELS)),
        "plain/application/json": json.dumps({"instances": [{"features": x} for x in rows]}).encode(),
        "plain/application/jsonlines": "".join(f"{json.dumps({'features': x})}\n" for x in rows).encode(),
        "plain/application/x-npy": npy(FEATURES),
    }


def test_every_codec_has_a_sample() -> None:
    modules = [
        importlib.import_module(f"contract.codecs.{found.name}") for found in pkgutil.iter_modules(codecs.__path__)
    ]
    formats = {module.CONTENT_TYPES[0] for module in modules if hasattr(module, "CONTENT_TYPES")}
    assert formats == {name.partition("/")[2] for name in samples()}


def test_every_codec_reads_in_the_image(
    reference: str,
    specification: dict[str, Any],
    interface: Interface,
    tmp_path: Path,
    run: Callable[..., Any],
    hardened: dict[str, Any],
) -> None:
    taken = {*interface.formats, *specification["TrainingChannels"][0]["SupportedContentTypes"]}
    expected = {}
    for name, content in samples().items():
        kind, _, media = name.partition("/")
        if media not in taken:
            continue
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / media.replace("/", "_")).write_bytes(content)
        labels = LABELS.tobytes() if kind == "labelled" else b""
        expected[media] = [hashlib.sha256(labels + FEATURES.tobytes()).hexdigest()] * 2
    mounts = [f"{tmp_path}:/samples:ro", f"{PROGRAM}:/srv/decode.py:ro"]
    done = run(reference, "python", "/srv/decode.py", volumes=mounts, **hardened)
    assert done.code == 0, done.output
    assert "text/csv" in expected
    assert json.loads(done.output) == expected
