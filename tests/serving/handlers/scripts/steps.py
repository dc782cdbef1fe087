"""All four steps of a script, without the context: a linear model kept as JSON."""

import json
from pathlib import Path

import numpy as np


def model_fn(model_dir):
    return np.array(json.loads(Path(model_dir, "weights.json").read_text()))


def input_fn(body, content_type):
    if content_type == "text/csv":
        return np.array([[float(cell) for cell in line.split(",")] for line in body.splitlines()])
    if content_type == "application/x-pairs":
        return np.frombuffer(body, "<f8").reshape(-1, 2)
    raise ValueError("unknown content type")


def predict_fn(data, model):
    return data @ model


def output_fn(prediction, accept):
    if accept == "text/csv":
        return "\n".join(str(value) for value in prediction)
    return json.dumps({"sums": prediction.tolist()}), "application/json"
