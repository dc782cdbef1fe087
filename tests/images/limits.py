"""What each image is held to, by the limits.json in its folder here.

most_bytes      of the image, unpacked
soak_seconds    of full load among the tests; without it a few
models          that an endpoint of many has at once in 512 MiB, at least; without it five
"""

from __future__ import annotations

import json
from pathlib import Path


def of(name: str) -> dict[str, int]:
    return dict(json.loads((Path(__file__).parent / name / "limits.json").read_text()))
