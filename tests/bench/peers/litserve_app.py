"""LitServe without batching, with the fastest predict. It takes JSON only: csv in a string."""

from __future__ import annotations

import os
from typing import Any

import fast
import litserve
from fastapi import Response


class Trees(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.booster = fast.load()

    def decode_request(self, request) -> bytes:  # without an annotation it is the JSON of the body
        return request["csv"].encode()

    def predict(self, body: bytes) -> bytes:
        return fast.answer(self.booster, body)

    def encode_response(self, output: bytes, **_: Any) -> Response:
        return Response(output, media_type="text/csv")


if __name__ == "__main__":
    server = litserve.LitServer(Trees(api_path="/invocations"), accelerator="cpu", workers_per_device=2)
    server.run("127.0.0.1", os.environ["PORT"], num_api_servers=2, log_level="error", generate_client_file=False)
