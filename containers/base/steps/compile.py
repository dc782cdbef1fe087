"""Compile the Python files below folders so that two builds give the same bytes: `python compile.py FOLDER...`.

`unchecked-hash` files hold no time of their source and are never looked at again; an image's code does not change.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import sys

if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of a set constant in a compiled file follows the hash seed.
        os.execve(sys.executable, [sys.executable, "-B", *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for folder in sys.argv[1:]:
        # Some packages carry templates and examples that are no Python; what cannot be compiled stays as it is.
        compileall.compile_dir(folder, quiet=2, force=True, invalidation_mode=mode, workers=1)
