"""A model's own inference code: `code/inference.py` with the functions that AWS's sagemaker-inference looks for.

Run only where an image allows it (SAGEMAKER_USER_CODE). What a script may import from here is ClientError.
"""

from __future__ import annotations

from serving.handlers.client_error import ClientError

__all__ = ["ClientError"]
