"""Plays SageMaker on this machine. Knows images only through the contract."""
