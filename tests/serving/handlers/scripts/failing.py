"""The body names what predict_fn does."""

import sys

from serving.handlers import ClientError

RETURNED = {
    "nothing": None,
    "number": 3,
    "set": {1},
    "text": "text",
    "bytearray": bytearray(b"bytes"),
    "list": [1, 2],
    "header": ("text", "text/plain\r\nX-Forged: 1"),
    "dict": {"a": object()},
    "triple": (1, 2, 3),
    "large": bytes(100 * 1024 * 1024 + 1),
}


class Late:
    def __iter__(self):
        yield b"first"
        raise RuntimeError("s3cr3t")


def model_fn(model_dir):
    return None


def input_fn(body, content_type):
    return body.strip()


def predict_fn(data, model, context):
    if data == "value error":
        raise ValueError("s3cr3t")
    if data == "exit":
        sys.exit(0)
    if data.isdigit():
        raise ClientError("the sender is at fault: é", int(data))
    if data == "recursion":
        return predict_fn(data, model, context)
    if data.startswith("status "):
        context.set_response_status(int(data.partition(" ")[2]))
        return "told"
    if data == "attributes":
        context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "a" * 1025)
    return RETURNED[data]


def output_fn(prediction, accept):
    return prediction
