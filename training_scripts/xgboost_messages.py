"""XGBoost's messages as a person reads them. Every algorithm whose hosts meet by XGBoost's collective may see one."""

from __future__ import annotations

import re

_HEAD = re.compile(r"^\[[\d:]+\] \S+:\d+: ")
_LAYER = re.compile(r"-? ?\[[\w.]+:\d+\|[\d:]+\]: ?")
_CHECK = re.compile(r"^Check failed: (?:\w+: |.*? : )(?=\S)", re.DOTALL)
LOST = "the hosts of the job lost each other"
"""How the reason of a job begins whose hosts do not hear from each other any more."""


def reason(text: str) -> str:
    """XGBoost's message on one line, without its clock, source file, failed check and stack."""
    body = _HEAD.sub("", text.partition("Stack trace:")[0].strip())
    return " ".join(_LAYER.sub("", _CHECK.sub("", body)).split()) or "no reason given"
