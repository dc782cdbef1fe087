"""No body makes a codec hold more than 25 times the payload limit: each long one runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract import limits

CORPUS = Path(__file__).parents[2] / "corpus"
SHORT = [CORPUS / "npy" / "400-shape_10_12.npy", CORPUS / "libsvm" / "400-index_2e9.libsvm"]
FILES = sorted(CORPUS.glob("*/*.repeat")) + SHORT
MOST_BYTES = 25 * limits.PAYLOAD_BYTES
PROGRAM = """
import json, sys
from pathlib import Path
import orjson
from contract import codecs
from contract.dataset import Layout
from contract.errors import UserError
from contract.media_type import MediaType

path, name = Path(sys.argv[1]), sys.argv[2]
codec = codecs.find(MediaType(name))
if path.suffix == ".repeat":
    body = b"".join(text.encode("latin-1") * times for text, times in json.loads(path.read_text()))
else:
    body = path.read_bytes()


def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


before = held("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
try:
    codec.decode(body, Layout(width=3), {}, "body")
except UserError:
    pass
print(held("VmHWM") - before, "polars" in sys.modules)
"""
NAMES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": "text/libsvm",
    "npy": "application/x-npy",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_memory_is_bounded(path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(path), NAMES[path.parent.name]]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
    held, polars = output.split()
    assert int(held) < MOST_BYTES
    assert polars == "False", "a request must not import polars"
    print(f"{int(held) / 2**20:.0f} MiB")
