"""What one invocation asks, free of HTTP: the same in a worker, in a model's own process and in a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A body and the headers that say how to read it and what to answer; each header as sent, "" where it is absent."""

    content: bytes
    content_type: str = ""
    accept: str = ""
    attributes: str = ""
    """Custom attributes: up to 1,024 ASCII characters that the service passes on untouched."""
    inference_id: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, Any], content: bytes) -> Invocation:
        """From a WSGI environment."""
        return cls(
            content=content,
            content_type=(environ.get("CONTENT_TYPE") or "").strip(),
            accept=environ.get("HTTP_ACCEPT", ""),
            attributes=environ.get("HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES", ""),
            inference_id=environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", ""),
        )

    def attribute(self, text: str) -> bool:
        """Whether `text` is one of the custom attributes, which are parted by commas."""
        return text in self.attributes.replace(" ", "").split(",") if self.attributes else False
