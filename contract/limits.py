"""Every number SageMaker fixes, in one place. Seconds and bytes unless the name says otherwise."""

from __future__ import annotations

PORT = 8080
PING_SECONDS = 2.0
STARTUP_SECONDS = 240.0
INVOCATION_SECONDS = 60.0
PAYLOAD_BYTES = 6 * 1024 * 1024
BATCH_PAYLOAD_MEGABYTES = 100
PIPELINE_CONTAINERS = (2, 15)
"""The fewest and the most of an inference pipeline."""

TRAIN_STOP_SECONDS = 120.0
"""From SIGTERM to SIGKILL of a training container."""
SERVE_STOP_SECONDS = 30.0
"""From SIGTERM to SIGKILL of a serving container."""
SERVE_GONE_SECONDS = 25.0
"""Our promise: the serving container is gone this long after SIGTERM."""
REQUEST_MEMORY_FACTOR = 25
"""Our promise: a request's peak memory is under this many times the payload limit."""

FAILURE_CHARACTERS = 1024
"""How much of /opt/ml/output/failure becomes FailureReason."""
HYPERPARAMETER_COUNT = 100
HYPERPARAMETER_NAME_CHARACTERS = 256
HYPERPARAMETER_VALUE_CHARACTERS = 2500
CHANNEL_COUNT = 20
METRIC_DEFINITION_COUNT = 40
"""How many metric definitions CreateAlgorithm and CreateTrainingJob take."""
CUSTOM_ATTRIBUTES_CHARACTERS = 1024
