"""Plays SageMaker on this machine: one training job, one endpoint. Knows images only through the contract."""
