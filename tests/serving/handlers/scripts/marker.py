"""Leaves a file behind when it is run."""

from pathlib import Path

(Path(__file__).parent / "was-run").touch()
