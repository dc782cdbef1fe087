"""No body makes a codec hold more than 25 times the payload limit: each long one runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract import limits
from tests.corpus import cases
from tests.corpus.cases import Case

CASES = [
    case
    for case in cases.find(*cases.BODIES)
    if case.path.suffix == ".repeat" or case.path.name in ("400-shape_10_12.npy", "400-index_2e9.libsvm")
]
MOST_BYTES = 25 * limits.PAYLOAD_BYTES
PROGRAM = """
import sys
from pathlib import Path
import orjson
from contract import codecs
from contract.dataset import Layout
from contract.errors import UserError
from contract.media_type import MediaType
from tests.corpus import cases

case = cases.Case(Path(sys.argv[1]))
codec, body = codecs.find(MediaType(cases.CONTENT_TYPES[case.folder])), case.content


def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


before = held("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
try:
    codec.decode(body, Layout(width=cases.FEATURES), {}, "body")
except UserError:
    pass
print(held("VmHWM") - before, "polars" in sys.modules)
"""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_memory_is_bounded(case: Case) -> None:
    command = [sys.executable, "-c", PROGRAM, str(case.path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
    held, polars = output.split()
    assert int(held) < MOST_BYTES
    assert polars == "False", "a request must not import polars"
    print(f"{int(held) / 2**20:.0f} MiB")
