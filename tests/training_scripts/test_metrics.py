from __future__ import annotations

import re

from training_scripts import metrics


def test_line_matches_sagemakers_own_definition_once_the_service_has_shown_it() -> None:
    """Source: the metric definitions that SageMaker registers for its XGBoost image."""
    line = metrics.line(12, {"train-rmse": 0.1, "validation-rmse": 1234.5})
    assert line == "[12]\ttrain-rmse:0.10000\tvalidation-rmse:1234.50000"
    shown = line.replace("\t", "#011")
    value = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"
    for name, expected in (("train", "0.10000"), ("validation", "1234.50000")):
        found = re.fullmatch(rf".*\[[0-9]+\].*#011{name}-rmse:{value}", shown)
        assert found
        assert found.group(1) == expected
