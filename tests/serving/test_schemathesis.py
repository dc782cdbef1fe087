"""schemathesis holds a running server to its own /openapi.json.

No request makes it fail; no answer has a status, a media type, a header or a body that the document does not name; what
is against the document is refused. What is not against it may be refused, too: a schema cannot say all of csv. And a
method that is none of HTTP's is a bad request in place of one that the route does not have.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES, SECONDS = 40, 120


ENVIRONMENTS = {
    "endpoint": {},
    "batch transform": {"SAGEMAKER_BATCH": "true"},
    "several models": {"SAGEMAKER_MULTI_MODEL": "true"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_answers_are_as_described(start: Callable[..., Any], environment: dict[str, str], tmp_path: Path) -> None:
    server = start(**environment).ready()
    options = {
        "--phases": "examples,coverage,fuzzing",
        "--exclude-checks": "positive_data_acceptance,unsupported_method",
        "--max-examples": EXAMPLES,
        "--seed": 1,
        "--generation-database": "none",
    }
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server.port}/openapi.json"]
    done = subprocess.run(
        [*command, "--no-color", *(str(word) for option in options.items() for word in option)],
        cwd=tmp_path,  # where it leaves its notes
        env=os.environ | {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.serving.schemathesis_hooks"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
