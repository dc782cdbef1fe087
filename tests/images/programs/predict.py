"""Runs in the image: print what an endpoint with the model in /opt/ml/model answers to the rows in /srv."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from serving import service
from serving.invocation import Invocation
from serving.settings import Settings

loaded = service.load(os.environ["SAGEMAKER_ALGORITHM"], Path("/opt/ml/model"), Settings())
sys.stdout.buffer.write(loaded.respond(Invocation(Path("/srv/request.csv").read_bytes(), "text/csv", "text/csv")).body)
