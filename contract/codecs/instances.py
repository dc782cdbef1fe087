"""One instance of a JSON request: an array of numbers, or an object that holds dense or sparse features.

Source: SageMaker developer guide, "Common Data Formats for Inference".
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.codecs import columns
from contract.codecs.rows import Row, SparseRow, check_sparse
from contract.dataset import Layout
from contract.errors import UserError, show

SHAPES = '[1, 2], {"features": [1, 2]}, {"data": {"features": {"values": [1, 2]}}} or the same with "keys" and "shape"'
ANSWER = (
    "; it looks like another model's answer: in a pipeline, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=text/csv "
    "on the container before makes it a request"
)
"""Said of an answer that is sent as a request: a pipeline's Accept reaches its last container alone, and those before
it answer in their default, or in what that variable says."""
_ANSWERS = frozenset({"projection", "score", "predicted_label"})
"""Keys of one row of the JSON and JSON Lines that models answer in."""
_CELLS = {int, float, type(None)}


def parse(instance: object, layout: Layout, where: str) -> Row:
    """The row of one instance. Raises UserError for another shape, for what is no number, and for a wrong width."""
    features = _features(instance, where)
    if isinstance(features, list):
        return _dense(features, layout, where)
    if not isinstance(features, Mapping) or not {"values"} <= features.keys() <= {"keys", "shape", "values"}:
        raise _unknown(features, where)
    values = features["values"]
    if not isinstance(values, list):
        raise _unknown(values, where)
    keys = features.get("keys", [])
    if not keys and (values or "shape" not in features):
        return _dense(values, layout, where)
    _check_cells(values, where)
    shape = _integers(features.get("shape"), "shape", where)
    row = SparseRow(_integers(keys, "keys", where) if keys else [], values, shape[-1])
    check_sparse(row, layout, where)
    return row


def _features(instance: object, where: str) -> object:
    """What stands for the features in one of the shapes."""
    if isinstance(instance, list):
        return instance
    if not isinstance(instance, Mapping):
        raise _unknown(instance, where)
    inner = instance.keys() - {"configuration"}
    if inner == {"features"}:
        return instance["features"]
    if inner == {"data"} and isinstance(instance["data"], Mapping) and instance["data"].keys() == {"features"}:
        return instance["data"]["features"]
    raise _unknown(instance, where)


def _dense(values: list[float | None], layout: Layout, where: str) -> list[float | None]:
    columns.check_count(len(values), layout, where)
    _check_cells(values, where)
    return values


def _check_cells(values: list[float | None], where: str) -> None:
    if not set(map(type, values)) <= _CELLS:
        column, bad = next((place, v) for place, v in enumerate(values, 1) if type(v) not in _CELLS)
        raise UserError(f"{show(bad)} is not a number", where=f"{where}, column {column}")


def _integers(values: object, name: str, where: str) -> list[int]:
    if not isinstance(values, list) or not values or set(map(type, values)) != {int}:
        raise UserError(f'"{name}" is {show(values)}; expected a list of integers', where=where)
    return values


def _unknown(value: object, where: str) -> UserError:
    answer = ANSWER if isinstance(value, Mapping) and _ANSWERS.intersection(value) else ""
    return UserError(f"{show(value)} is not an instance; expected {SHAPES}{answer}", where=where)
