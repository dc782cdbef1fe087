"""What one invocation asks, free of HTTP: the same in a worker, in a model's own process and in a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from contract import limits
from contract.errors import UserError

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
_INFERENCE_ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Invocation:
    """A body and the headers that say how to read it and what to answer; each header as sent, "" where it is absent."""

    content: bytes
    content_type: str = ""
    accept: str = ""
    attributes: str = ""
    """Custom attributes: up to 1,024 ASCII characters that the service passes on untouched."""
    inference_id: str = ""
    target: str = ""
    """The name of the model that is asked, where the endpoint has several."""
    file: BinaryIO | None = None
    """The body where it is too large for memory, at its beginning; `content` is empty then."""

    @classmethod
    def of(cls, environ: Mapping[str, Any], content: bytes) -> Invocation:
        """From a WSGI environment. Raises UserError for custom attributes that SageMaker would not pass on."""
        attributes = environ.get("HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES", "")
        if attributes:
            _check_attributes(attributes)
        return cls(
            content=content,
            content_type=(environ.get("CONTENT_TYPE") or "").strip(),
            accept=environ.get("HTTP_ACCEPT", ""),
            attributes=attributes,
            inference_id=environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", ""),
            target=environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL", "").encode("latin-1").decode("utf-8", "replace"),
        )

    def carrying(self, content: bytes, file: BinaryIO | None = None) -> Invocation:
        """This invocation with its body."""
        return Invocation(
            content, self.content_type, self.accept, self.attributes, self.inference_id, self.target, file
        )


def _check_attributes(text: str) -> None:
    if len(text) > limits.CUSTOM_ATTRIBUTES_CHARACTERS or not (text.isascii() and text.isprintable()):
        raise UserError(
            f"the custom attributes are {len(text)} characters long or not printable ASCII; expected at most "
            f"{limits.CUSTOM_ATTRIBUTES_CHARACTERS} characters of it",
            where=f"header {ATTRIBUTES}",
        )


def is_inference_id(text: str) -> bool:
    """Whether SageMaker could have passed this on, so that it may be a header of the answer, too."""
    return len(text) <= _INFERENCE_ID_CHARACTERS and text.isascii() and text.isprintable()
