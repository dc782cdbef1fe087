"""The OpenAPI description of an endpoint: its routes, what a request to its model holds, and what comes back."""

from __future__ import annotations

from serving.openapi.document import build

__all__ = ["build"]
