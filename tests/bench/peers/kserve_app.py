"""KServe's Python server with a custom model: its V1 protocol, JSON in and out, on two workers."""

from __future__ import annotations

import os
from typing import Any

import fast
import kserve
import numpy as np
from kserve.protocol.rest.multiprocess.server import RESTServerProcess


class Trees(kserve.Model):
    def __init__(self) -> None:
        super().__init__("trees")
        self.ready = True  # what is pickled for the workers must hold no library: each loads at its first request

    async def predict(self, payload: dict[str, Any], headers: Any = None, response_headers: Any = None) -> Any:
        features = np.array(payload["instances"], dtype=np.float32)
        return {"predictions": fast.predict(fast.load(), features).tolist()}


if __name__ == "__main__":
    # A worker that takes longer than this to import KServe is ended and started anew, forever: by itself 5 s.
    RESTServerProcess.is_alive.__defaults__ = (60.0,)
    server = kserve.ModelServer(http_port=int(os.environ["PORT"]), workers=2, enable_grpc=False, access_log_format=None)
    server.start([Trees()])
