"""Answers in pieces: as many as the body says, and a failure after them where it says so."""

import sys


def model_fn(model_dir):
    return None


def input_fn(body, content_type):
    return body.split(",")


def predict_fn(data, model):
    for number in range(int(data[0])):
        yield f"piece {number}\n"
    if "exit" in data:
        sys.exit("after the last piece")
    if "fail" in data:
        raise RuntimeError("after the last piece")


def output_fn(prediction, accept):
    yield from prediction
