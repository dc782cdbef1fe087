"""The serving half of XGBoost: `load` gives a model whose answers are those of `Booster.predict`, bit for bit."""

from __future__ import annotations

from serving.xgboost.model import MANNERS, load
from serving.xgboost.native import version as prepare

__all__ = ["MANNERS", "load", "prepare"]
