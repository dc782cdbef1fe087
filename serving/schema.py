"""`schema`: what a request to this model holds and what comes back, as an OpenAPI document on stdout."""

from __future__ import annotations

import json
import os
import sys

from contract.errors import AlgorithmError, UserError
from contract.paths import Paths
from serving import logs, model, openapi, probe, routes
from serving.invocations import Endpoint
from serving.settings import Settings


def main() -> int:
    """Print what GET /openapi.json answers for the model in /opt/ml/model.

    Exit code 1 with one line where it cannot be served.
    """
    logs.start()
    try:
        algorithm, directory = os.environ.get("SAGEMAKER_ALGORITHM", ""), Paths.of_environment().model
        settings = model.settle(algorithm, Settings.of_environment())
        endpoint = Endpoint(settings, None if settings.multi_model else probe.load(algorithm, directory, settings))
        document = openapi.build(endpoint, routes.of(endpoint))
    except (UserError, AlgorithmError) as error:
        sys.stderr.write(f"schema: {error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
