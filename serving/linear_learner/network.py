"""What SageMaker's own Linear Learner leaves as its model: a zip archive with an MXNet network of one layer.

The network's last operation tells the task. What its `additional-params.json` holds is not public: where that names a
predictor type, a loss or a threshold by the names that they have elsewhere, it is followed.
Source: models that the image made, and Apache MXNet's `Symbol.tojson`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson

from contract import ndarrays
from contract.dataset import Floats
from contract.errors import show
from contract.linear_tasks import BINARY, LOSSES, MULTICLASS, REGRESSOR
from serving import archive, built_in, model, tensors
from serving.linear_learner.task import Task

log = logging.getLogger(__name__)

_SYMBOL, _PARAMETERS, _MORE = "mx-mod-symbol.json", "mx-mod-0000.params", "additional-params.json"
_JSON_BYTES = 1 << 20
_PARAMETERS_BYTES, _UNPACKED = 256 << 20, 20
"""The most bytes of the weights, or so many times those of the archive, whichever is more."""
_PREFIX = "arg:"
_WEIGHTS, _BIAS = "fc0_weight", "fc0_bias"
_OPERATIONS = {
    "logisticregressionoutput": BINARY,
    "sigmoid": BINARY,
    "softmaxoutput": MULTICLASS,
    "softmaxactivation": MULTICLASS,
    "softmax": MULTICLASS,
}
_THRESHOLDS = ("threshold", "binary_classifier_threshold", "prediction_threshold", "score_threshold")
_USUAL_THRESHOLD = {"logistic": 0.5, "hinge_loss": 0.0}


def read(data: bytes) -> tuple[Floats, Floats, Task]:
    """Weights (outputs, features), bias (outputs,) and task. Raises UserError for what is no such archive."""
    most = max(_PARAMETERS_BYTES, _UNPACKED * len(data))
    members = archive.read(data, {_SYMBOL: _JSON_BYTES, _MORE: _JSON_BYTES, _PARAMETERS: most}, built_in.FILE)
    for name in (_SYMBOL, _PARAMETERS):
        if name not in members:
            raise model.bad(f"{built_in.FILE!r} holds no {name}")
    arrays = ndarrays.read(members[_PARAMETERS], f"model, {_PARAMETERS}")
    named = {name.removeprefix(_PREFIX): array for name, array in arrays.items()}
    found = tensors.check(named, {_WEIGHTS: 2, _BIAS: 1}, _PARAMETERS, optional=(_BIAS,))
    weights = found[_WEIGHTS]
    bias = found.get(_BIAS, np.zeros(len(weights), np.float32))
    return weights, bias, _task(_json(members[_SYMBOL], _SYMBOL), _json(members.get(_MORE, b"{}"), _MORE))


def _task(symbol: Any, more: Any) -> Task:
    told = dict(_entries(more))
    predictor_type, loss = str(told.get("predictor_type")), str(told.get("loss"))
    if predictor_type not in LOSSES:
        predictor_type = next((_OPERATIONS[name] for name in _operations(symbol) if name in _OPERATIONS), REGRESSOR)
    if loss not in LOSSES[predictor_type]:
        loss = LOSSES[predictor_type][0]
    return Task(predictor_type, loss, _threshold(told, loss) if predictor_type == BINARY else math.nan)


def _threshold(told: Mapping[str, Any], loss: str) -> float:
    for name in _THRESHOLDS:
        value = told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    usual = _USUAL_THRESHOLD[loss]
    log.warning("%s tells no threshold: scores from %s on are labelled 1", _MORE, usual)
    return usual


def _operations(symbol: Any) -> Iterator[str]:
    """The operations of the network, in lower case, the last one first; of an activation its kind."""
    nodes = symbol.get("nodes") if isinstance(symbol, dict) else None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise model.bad(f"{_SYMBOL} has no list of nodes")
    for node in reversed(nodes):
        operation = str(node.get("op", "")).lower()
        if operation == "activation":
            attributes = [node[key] for key in ("attrs", "attr", "param") if isinstance(node.get(key), dict)]
            operation = str(attributes[0].get("act_type")).lower() if attributes else ""
        yield operation


def _entries(document: Any, levels: int = 2) -> Iterator[tuple[str, Any]]:
    """Every name in an object and in the objects in it, and its value; those of the outer one last."""
    if isinstance(document, dict) and levels:
        for value in document.values():
            yield from _entries(value, levels - 1)
        yield from document.items()


def _json(content: bytes, name: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise model.bad(f"{name} is not JSON: {show(str(error))}") from error
