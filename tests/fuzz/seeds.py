"""Where fuzzing begins: the files of tests/corpus, as inputs of a target."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from serving.answers import WRITERS
from serving.predictions import EXPLAIN
from tests.corpus import cases
from tests.corpus.cases import Case
from tests.fuzz.targets import ANY_WIDTH, BLOCKS, LABEL, NO_MISSING, STORED

LONGEST = 4096
"""Bytes of an input: what is longer only makes each one slow."""
_FLAGS = (0, LABEL | BLOCKS, BLOCKS | STORED, ANY_WIDTH | NO_MISSING)
_SIZES = (1, 7)
_HEADER = re.compile(rb"^(?:accept|content-type): *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)


def of(target: str) -> list[bytes]:
    """The inputs for a target, each once."""
    if target in cases.BODIES:
        found = [bytes([flags]) + case.content for case in cases.find(target) for flags in _FLAGS]
    elif target == "npz":
        found = [case.content for case in cases.find(target)]
    elif target == "invocation":
        found = [_invocation(case, accept) for case in cases.find(*cases.BODIES) for accept in WRITERS]
    else:
        found = [case.content for case in cases.find(*cases.WIRE) if case.path.suffix == ".http"]
        if target == "media_type":
            found = [value for request in found for value in _HEADER.findall(request)]
        else:
            found = [bytes([size]) + request for request in found for size in _SIZES]
    return sorted({seed for seed in found if len(seed) <= LONGEST})


def _invocation(case: Case, accept: str) -> bytes:
    attributes = EXPLAIN if accept == "application/json" else ""
    return "\n".join([cases.CONTENT_TYPES[case.folder], accept, attributes, ""]).encode() + case.content


def write(target: str, folder: Path) -> None:
    """The inputs as files, named as libFuzzer names its own."""
    for seed in of(target):
        (folder / sha256(seed).hexdigest()).write_bytes(seed)
