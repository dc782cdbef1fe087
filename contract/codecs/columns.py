"""A grid of numbers whose first columns may be the label and the weight, made into a Dataset."""

from __future__ import annotations

import numpy as np

from contract.dataset import Dataset, Floats, Layout
from contract.errors import UserError

NO_LABELS = "Got input data without labels. Please check the input data set."
"""SageMaker's own words; users search for them."""


def leading(layout: Layout) -> int:
    """How many columns stand before the features."""
    return int(layout.label) + int(layout.weight)


def _leaders(layout: Layout) -> list[str]:
    return [name for name, there in (("the label", layout.label), ("the weight", layout.weight)) if there]


def expected(layout: Layout) -> int | None:
    """All columns of a row, where the layout knows."""
    return None if layout.width is None else layout.width + leading(layout)


def check_count(count: int, layout: Layout, where: str) -> None:
    """Raises UserError where a row of `count` columns cannot fit the layout."""
    wanted = expected(layout)
    if wanted is not None and count != wanted:
        raise wrong_count(count, wanted, layout, where)
    if count <= leading(layout):
        wants = ", then ".join([*_leaders(layout), "features"])
        raise UserError(f"the row has {count} column{'s' * (count != 1)}; expected {wants}", where=where)


def wrong_count(count: int, wanted: int, layout: Layout, where: str) -> UserError:
    """The error for a row of `count` columns where `wanted` are right."""
    parts = _leaders(layout)
    beside = f" ({' and '.join(parts)} before {wanted - len(parts)} features)" if parts else ""
    many = f"the row has {count} columns; expected {wanted}{beside}{label_too(count, layout)}"
    return UserError(many, where=where)


def label_too(count: int, layout: Layout) -> str:
    """What to ask behind a wrong count of columns, where features alone are expected and there is one more."""
    if layout.label or layout.width is None or count != layout.width + 1:
        return ""
    return "; is the label among them? a request holds features only"


def split(grid: Floats, layout: Layout, source: str, first: int, unit: str = "line") -> Dataset:
    """The Dataset of `grid` (rows, columns). `first` numbers its first row, in `unit`s, for the errors.

    Raises UserError for a missing label, and for a missing or negative weight.
    """
    skip = leading(layout)
    if skip == 0:
        return Dataset(np.ascontiguousarray(grid))
    labels = np.ascontiguousarray(grid[:, 0]) if layout.label else None
    weights = np.ascontiguousarray(grid[:, skip - 1]) if layout.weight else None
    if labels is not None and (bad := np.isnan(labels)).any():
        row = first + int(bad.argmax())
        raise UserError(f"{NO_LABELS} The label, the first column, is empty", where=f"{source}, {unit} {row}, column 1")
    if weights is not None and (bad := ~(weights >= 0)).any():
        row = first + int(bad.argmax())
        where = f"{source}, {unit} {row}, column {skip}"
        raise UserError("the instance weight is missing or negative; expected 0 or more", where=where)
    return Dataset(np.ascontiguousarray(grid[:, skip:]), labels, weights)


def missing_refused(what: str, where: str, *, leader: bool = False) -> UserError:
    """The error for `what` is missing where the layout takes no such cell; a `leader` is a label or a weight."""
    way_out = "leave the row out" if leader else "impute it, or leave the row out"
    return UserError(f"{what}, which is not accepted here: {way_out}", where=where)


def check_values(grid: Floats, layout: Layout, source: str, first: int = 1, unit: str = "row") -> None:
    """Raises UserError naming the first cell that is infinite, or missing where that is not accepted."""
    bad = ~np.isfinite(grid) if not layout.missing else np.isinf(grid)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        where = f"{source}, {unit} {first + row}, column {column + 1}"
        if np.isnan(grid[row, column]):
            raise missing_refused("the value is missing", where, leader=column < leading(layout))
        raise UserError("the value is not finite in float32", where=where)
