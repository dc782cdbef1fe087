from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from local_mode.demo import picture

X = np.linspace(0, 10, 50)


def colours(path: Path) -> set[str]:
    """The picture's colours, of which it has the size that is asked for."""
    pixels = (imread(path)[..., :3] * 255).round().astype(np.uint32)
    assert pixels.shape[:2] == tuple(round(inches * picture.DOTS_PER_INCH) for inches in reversed(picture.INCHES))
    return {f"#{colour:06x}" for colour in np.unique(pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32))}


def test_every_line_is_drawn(tmp_path: Path) -> None:
    lines = {"ours": (2.0, 1.0), "theirs": (1.0, 3.0)}
    picture.line_fit(tmp_path / "new" / "line.png", "A line", ("x", "y"), X, 2 * X, lines)
    assert set(picture.COLOURS) & colours(tmp_path / "new" / "line.png") == set(picture.COLOURS[:2])


def test_same_data_gives_the_same_picture(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture.predictions(tmp_path / name, "Groups", "units", X, X + 1, {"low": X < 5, "high": X >= 5})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert len(colours(tmp_path / "a.png")) > 10
