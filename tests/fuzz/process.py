"""One target under atheris, until libFuzzer's options end it: `python -m tests.fuzz.process csv -runs=1000 FOLDER`.

With files in place of folders each is run once: so is an input run again that failed. Source: libFuzzer's manual.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["contract", "serving"]):
    from tests.fuzz.targets import TARGETS

SPARE_BYTES = 512 << 20
"""What an input may allocate, all that fuzzing itself remembers included: beyond it, MemoryError."""


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]
    held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (held + SPARE_BYTES, resource.RLIM_INFINITY))
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
