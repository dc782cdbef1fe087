"""Waits, as scripts do that ask other services; counts how many of its calls run at the same time."""

import threading
import time

RUNNING = []
LOCK = threading.Lock()


def model_fn(model_dir):
    return None


def _pieces():
    for number in range(3):
        yield f"piece {number}\n"
        time.sleep(0.2)


def transform_fn(model, body, content_type, accept):
    if body == "pieces":
        return _pieces()
    with LOCK:
        RUNNING.append(body)
    count = len(RUNNING)
    time.sleep(3600 if body == "for ever" else 0.3)
    with LOCK:
        RUNNING.remove(body)
    return {"at_once": count}
