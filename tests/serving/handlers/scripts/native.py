"""Uses what an event loop may break: processes, threads, locks, sleep, sockets, and numpy beside them."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

LOCK = threading.Lock()


def model_fn(model_dir):
    return None


def transform_fn(model, body, content_type, accept):
    with LOCK, ThreadPoolExecutor(2) as threads:
        squares = list(threads.map(lambda number: number**2, range(3)))
    slept = asyncio.run(asyncio.sleep(0.01, "slept"))
    time.sleep(0.01)
    said = subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True, text=True, check=True)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"hello")
        connection, _ = server.accept()
        heard = connection.recv(5).decode()
        connection.close()
    solved = np.linalg.solve(np.eye(200), np.ones(200)).sum()
    return {"squares": squares, "child": said.stdout.strip(), "heard": heard, "slept": slept, "solved": solved}
