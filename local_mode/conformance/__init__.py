"""Does an image, anybody's, keep SageMaker's contract? `python -m local_mode.conformance repo:tag` tries it."""
