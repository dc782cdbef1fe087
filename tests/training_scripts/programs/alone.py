"""The small algorithm, which says that it trains on one host alone."""

from __future__ import annotations

from programs.fake import CHANNELS, METRICS, Hyperparameters, fit, layout

__all__ = ["CHANNELS", "DISTRIBUTED", "METRICS", "Hyperparameters", "fit", "layout"]

DISTRIBUTED = False
