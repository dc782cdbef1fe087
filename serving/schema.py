"""`schema`: what a request to this model holds and what comes back, as one JSON document on stdout."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from contract.dataset import Dataset
from contract.errors import AlgorithmError, UserError
from contract.paths import Paths
from serving import answers, logs, probe
from serving.model import Model
from serving.predictions import EXPLAIN, REQUEST_FORMATS
from serving.settings import Settings


def main() -> int:
    """Print the schema of the model in /opt/ml/model. Exit code 1 with one line where it cannot be served."""
    logs.start()
    try:
        settings = Settings.of_environment()
        service = probe.load(os.environ.get("SAGEMAKER_ALGORITHM", ""), Paths.of_environment().model, settings)
        if service.model is None:
            raise UserError("the model is one of user code, which alone knows what it takes")
        document = describe(service.model, settings)
    except (UserError, AlgorithmError) as error:
        sys.stderr.write(f"schema: {error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


def describe(model: Model, settings: Settings) -> dict[str, Any]:
    """The request as a JSON schema, its other content types, and the answer to a row of zeros in each media type."""
    table = model.predict(Dataset(np.zeros((1, model.schema.count), np.float32)))
    return {
        "request": {
            "contentTypes": list(REQUEST_FORMATS),
            "maximumBytes": settings.payload_bytes,
            "features": {
                "count": model.schema.count,
                "names": model.schema.names,
                "missingAllowed": model.schema.missing_allowed,
            },
            "application/json": _request_schema(model),
        },
        "response": {
            "accept": list(answers.WRITERS),
            "default": settings.accept,
            "explanations": f"X-Amzn-SageMaker-Custom-Attributes: {EXPLAIN}",
            "exampleForZeros": {
                name: answers.encode(table, name).decode() for name in ("text/csv", "application/json")
            },
        },
    }


def _request_schema(model: Model) -> dict[str, Any]:
    number = {"type": ["number", "null"] if model.schema.missing_allowed else "number"}
    width = model.schema.count
    features = {"type": "array", "items": number, "minItems": width, "maxItems": width}
    row = {"type": "object", "required": ["features"], "properties": {"features": features}}
    return {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": {"type": "array", "minItems": 1, "items": row}},
    }


if __name__ == "__main__":
    sys.exit(main())
