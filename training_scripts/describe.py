"""The program `hyperparameters`: prints what an image's algorithm takes and measures, as SageMaker's API has it.

`hyperparameters` alone prints JSON: the fields of CreateAlgorithm's TrainingSpecification that an algorithm knows, and
the recommended ranges as a tuning job's ParameterRanges. `--table` prints the README's tables instead, and
`--write README.md` puts them between that document's markers.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any, Protocol, cast

from contract import specification, tables
from contract.errors import UserError, show
from contract.metric import Metric
from training_scripts.algorithm import VARIABLE
from training_scripts.channels import MODES, Rules


class Algorithm(Protocol):
    """What this program asks of a module `training_scripts.<algorithm>`."""

    Hyperparameters: type
    METRICS: tuple[Metric, ...]
    CHANNELS: Rules


def main(arguments: list[str] | None = None) -> int:
    """Describe the algorithm that SAGEMAKER_ALGORITHM names."""
    parser = argparse.ArgumentParser(prog="hyperparameters", description="What the algorithm takes and measures.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--table", action="store_true", help="print the README's tables")
    form.add_argument("--write", type=Path, metavar="README", help="put the tables between a document's markers")
    options = parser.parse_args(arguments)
    try:
        algorithm = find(os.environ.get(VARIABLE, ""))
        if options.write:
            options.write.write_text(tables.rewrite(options.write.read_text(), readme_tables(algorithm)))
        else:
            text = "\n\n".join(readme_tables(algorithm).values()) if options.table else _json(algorithm)
            sys.stdout.write(text + "\n")
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def find(name: str) -> Algorithm:
    """The training half of an algorithm. Raises UserError where there is none of that name."""
    if name.isidentifier() and importlib.util.find_spec(f"training_scripts.{name}") is not None:
        module = importlib.import_module(f"training_scripts.{name}")
        if hasattr(module, "Hyperparameters"):
            return cast(Algorithm, module)
    raise UserError(f"{VARIABLE} is {show(name)}; expected an algorithm's module name, such as 'xgboost'")


def describe(algorithm: Algorithm) -> dict[str, Any]:
    """The part of a TrainingSpecification that an algorithm knows, and its TuningRanges."""
    return {
        "SupportedHyperParameters": specification.hyperparameters(algorithm.Hyperparameters),
        "SupportedTuningJobObjectiveMetrics": specification.tuning_objectives(algorithm.METRICS),
        "MetricDefinitions": specification.metric_definitions(algorithm.METRICS),
        "TrainingChannels": _channels(algorithm.CHANNELS),
        "SupportsDistributedTraining": getattr(algorithm, "DISTRIBUTED", True),
        "TuningRanges": specification.tuning_ranges(algorithm.Hyperparameters),
    }


def readme_tables(algorithm: Algorithm) -> dict[str, str]:
    """Marker -> markdown table."""
    return {
        "hyperparameters": tables.hyperparameters(algorithm.Hyperparameters),
        "metrics": tables.metrics(algorithm.METRICS),
    }


def _json(algorithm: Algorithm) -> str:
    return json.dumps(describe(algorithm), indent=2)


def _channels(rules: Rules) -> list[dict[str, Any]]:
    return [
        {
            "Name": name,
            "IsRequired": name in rules.required,
            "SupportedContentTypes": list(rules.content_types),
            "SupportedCompressionTypes": ["None", "Gzip"],
            "SupportedInputModes": list(MODES),
        }
        for name in (*rules.required, *rules.optional)
    ]


if __name__ == "__main__":
    sys.exit(main())
