"""Metrics as the service finds them: regexes, searched in the log lines."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contract.errors import UserError, show
from local_mode.log_lines import as_in_cloudwatch


@dataclass(frozen=True)
class Definition:
    """One of the job's MetricDefinitions. The first group of `regex` is the value."""

    name: str
    regex: re.Pattern[str]


@dataclass
class Metrics:
    """The values seen so far, in the order of the log: `history["train:rmse"]` -> one float per line that matched."""

    definitions: tuple[Definition, ...] = ()
    history: dict[str, list[float]] = field(default_factory=dict)

    def read(self, line: str) -> dict[str, float]:
        """What this line reports; kept in the history."""
        text, seen = as_in_cloudwatch(line), {}
        for definition in self.definitions:
            value = _value(definition.regex.search(text))
            if value is not None:
                seen[definition.name] = value
                self.history.setdefault(definition.name, []).append(value)
        return seen

    @property
    def final(self) -> dict[str, float]:
        """The last value of each: what DescribeTrainingJob lists as FinalMetricDataList."""
        return {name: values[-1] for name, values in self.history.items()}


def definitions(described: Iterable[Mapping[str, str]]) -> tuple[Definition, ...]:
    """From SageMaker's `[{"Name": ..., "Regex": ...}]`. Raises UserError for a regex that does not compile."""
    found = []
    for entry in described:
        try:
            found.append(Definition(entry["Name"], re.compile(entry["Regex"])))
        except KeyError as error:
            raise UserError(f"metric definition {show(dict(entry))} lacks {error}") from error
        except re.error as error:
            raise UserError(f"metric {show(entry['Name'])}: {show(entry['Regex'])} is no regex: {error}") from error
    return tuple(found)


def shipped(printed: str) -> tuple[Definition, ...]:
    """The definitions in what `IMAGE hyperparameters` prints; none from an image that does not know the word."""
    try:
        described = json.loads(printed)["MetricDefinitions"]
    except (ValueError, KeyError, TypeError):
        return ()
    return definitions(described)


def _value(match: re.Match[str] | None) -> float | None:
    if match is None or not match.re.groups:
        return None
    try:
        value = float(match.group(1))
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
