"""What a hook is told of the request beside its arguments, and may set of the answer: one object a request.

Source: multi-model-server (Apache-2.0), `Context` and `RequestProcessor`, which sagemaker-inference hands on. `index`
is the place of a request in a batch; there is one request at a time, so it is 0.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from contract.limits import CUSTOM_ATTRIBUTES_CHARACTERS
from serving.invocation import ATTRIBUTES, INFERENCE_ID, Invocation

log = logging.getLogger("serving")

_BODILESS = (204, 205, 304)


class RequestProcessor:
    """A request's headers, and what is set of its answer."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.status = 200
        self.phrase = ""
        self.content_type = ""
        self.attributes = ""

    def get_request_properties(self) -> dict[str, str]:
        """The headers that SageMaker passes on, as it spells them."""
        return dict(self._headers)

    def get_request_property(self, key: str) -> str | None:
        return next((value for name, value in self._headers.items() if name.lower() == key.lower()), None)

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:
        """Raises ValueError for what is no status of an answer with a body."""
        if not (200 <= code < 300 or 400 <= code < 600) or code in _BODILESS:
            raise ValueError(f"status {code!r} cannot be answered; expected 200 to 299 or 400 to 599, with a body")
        self.status = int(code)
        self.phrase = " ".join((reason_phrase or "").split())

    def get_response_status_code(self) -> int:
        return self.status

    def get_response_status_phrase(self) -> str:
        known = self.status in set(HTTPStatus)
        return self.phrase or (HTTPStatus(self.status).phrase if known else "Status")

    def add_response_property(self, key: str, value: str) -> None:
        """Set a header of the answer: its Content-Type or the custom attributes; SageMaker passes no other on.

        Raises ValueError for a value that is no such header's.
        """
        most = CUSTOM_ATTRIBUTES_CHARACTERS
        if not (value.isascii() and value.isprintable() and len(value) <= most):
            raise ValueError(f"header {key}: expected up to {most} printable ASCII characters in one line")
        if key.lower() == "content-type":
            self.content_type = value
        elif key.lower() == ATTRIBUTES.lower():
            self.attributes = value
        else:
            _leave_out(key)

    def get_response_headers(self) -> dict[str, str]:
        headers = {"content-type": self.content_type, ATTRIBUTES: self.attributes}
        return {name: value for name, value in headers.items() if value}


@lru_cache(maxsize=16)
def _leave_out(name: str) -> None:
    """Say so once a header, not once a request."""
    log.warning("header %s of the script's answers is left out: SageMaker passes none but %s on", name, ATTRIBUTES)


class Context:
    """What stands for one request; before the first there is one without headers."""

    def __init__(self, directory: Path, invocation: Invocation | None = None) -> None:
        headers = (
            {
                "Content-Type": invocation.content_type,
                "Accept": invocation.accept,
                ATTRIBUTES: invocation.attributes,
                INFERENCE_ID: invocation.inference_id,
            }
            if invocation
            else {}
        )
        self.model_name = directory.name
        self.manifest: dict[str, Any] = {}
        self.system_properties = {"model_dir": str(directory), "gpu_id": None, "batch_size": 1}
        self.request_processor = [RequestProcessor({name: value for name, value in headers.items() if value})]
        self.request_ids = {0: headers.get(INFERENCE_ID) or os.urandom(8).hex()}

    def get_request_id(self, idx: int = 0) -> str:
        """The client's inference id, or one made up."""
        return self.request_ids[idx]

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.set_response_header(idx, "Content-Type", value)

    def get_response_content_type(self, idx: int) -> str | None:
        return self.request_processor[idx].content_type or None

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        self.request_processor[idx].report_status(code, phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        self.set_response_status(code, phrase)

    def get_response_status(self, idx: int) -> tuple[int, str]:
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_response_headers()
